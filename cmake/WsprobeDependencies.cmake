# Third-party packages, all of Debian 12 (scripts/install-deps.sh installs them).
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(fmt REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tl-expected REQUIRED)
find_package(ZLIB REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(cares REQUIRED IMPORTED_TARGET libcares)
pkg_check_modules(nghttp2 REQUIRED IMPORTED_TARGET libnghttp2)
if(WSPROBE_SCRIPT_HOST)
  pkg_check_modules(mozjs IMPORTED_TARGET mozjs-102)
endif()
# By pkg-config: the package's CMake file asks for the development files of a web server and of curl, which the core
# does not use.
pkg_check_modules(prometheus_core REQUIRED IMPORTED_TARGET prometheus-cpp-core)
find_path(WSPROBE_ASIO_INCLUDE asio.hpp REQUIRED)
find_path(WSPROBE_WEBSOCKETPP_INCLUDE websocketpp/processors/hybi13.hpp REQUIRED)

# yaml-cpp 0.7 exports a bare target name.
if(NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()

# Asio without Boost, compiled once (probe/net/asio_impl.cpp) instead of in every translation unit.
add_library(wsprobe_asio INTERFACE)
add_library(wsprobe::asio ALIAS wsprobe_asio)
target_include_directories(wsprobe_asio SYSTEM INTERFACE "${WSPROBE_ASIO_INCLUDE}")
target_compile_definitions(wsprobe_asio INTERFACE ASIO_STANDALONE ASIO_SEPARATE_COMPILATION ASIO_NO_DEPRECATED
  ASIO_DISABLE_STD_ALIGNED_ALLOC)  # coroutines by operator new, and so by its handler where there is no memory
target_link_libraries(wsprobe_asio INTERFACE Threads::Threads)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # clang 14 has the coroutines of C++20 and does not say so where Asio and libstdc++ look.
  target_compile_options(wsprobe_asio INTERFACE -Wno-builtin-macro-redefined -Wno-macro-redefined)
  target_compile_definitions(wsprobe_asio INTERFACE
    __cpp_impl_coroutine=201902L ASIO_HAS_CO_AWAIT ASIO_HAS_STD_COROUTINE)
endif()
