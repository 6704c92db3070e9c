# What every target of the project is compiled and linked with: target wsprobe::options.
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)

find_program(WSPROBE_CCACHE ccache)
if(WSPROBE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${WSPROBE_CCACHE}")
endif()

# NDEBUG and -O2 rather than CMake's -O3: the program waits for the network, and smaller code starts sooner.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

if(WSPROBE_LTO)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
endif()

add_library(wsprobe_options INTERFACE)
add_library(wsprobe::options ALIAS wsprobe_options)

target_compile_options(wsprobe_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wswitch-enum -Wnon-virtual-dtor
  -Woverloaded-virtual -Wcast-align -Wformat=2
  -fstack-protector-strong)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 at -O2 sees overlapping copies inside std::string (its bug 105651) and uninitialised members inside
  # std::variant that are none; and it sees Asio's coroutine frames come from aligned_alloc but not that they go to free. The
  # sanitizers see the real ones.
  target_compile_options(wsprobe_options INTERFACE -Wno-restrict -Wno-maybe-uninitialized -Wno-mismatched-new-delete)
endif()
if(WSPROBE_WERROR)
  target_compile_options(wsprobe_options INTERFACE -Werror)
endif()

if(WSPROBE_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "WSPROBE_FUZZ needs clang: cmake --preset fuzz")
  endif()
  # Every library is instrumented for coverage; only the fuzz targets link the driver.
  target_compile_options(wsprobe_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(WSPROBE_SANITIZE)
  target_compile_options(wsprobe_options INTERFACE
    -fsanitize=${WSPROBE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(wsprobe_options INTERFACE -fsanitize=${WSPROBE_SANITIZE})
  if(WSPROBE_SANITIZE STREQUAL "thread")
    # GCC warns that it does not follow the fences of Asio, which order what no second thread touches.
    target_compile_options(wsprobe_options INTERFACE -Wno-tsan)
  endif()
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_options(wsprobe_options INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
target_link_options(wsprobe_options INTERFACE -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed)
