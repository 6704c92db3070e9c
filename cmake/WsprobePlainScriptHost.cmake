# The program that runs a page's scripts, for builds under sanitizers: its limits of memory and its list of system calls
# leave no room for a sanitizer's runtime, so it is built without, beside; what starts it and reads its answers is not.
include(ExternalProject)
set(plain_host "${CMAKE_BINARY_DIR}/wsprobe-script-host")
ExternalProject_Add(plain_script_host
  SOURCE_DIR "${CMAKE_SOURCE_DIR}"
  BINARY_DIR "${CMAKE_BINARY_DIR}/plain"
  CMAKE_ARGS -DCMAKE_BUILD_TYPE=Release -DWSPROBE_BUILD_TESTS=OFF -DWSPROBE_WERROR=${WSPROBE_WERROR}
             -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER} -DCMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER}
  BUILD_COMMAND "${CMAKE_COMMAND}" --build <BINARY_DIR> --target wsprobe-script-host
  BUILD_ALWAYS ON
  INSTALL_COMMAND "${CMAKE_COMMAND}" -E copy_if_different <BINARY_DIR>/wsprobe-script-host "${plain_host}"
  BUILD_BYPRODUCTS "${plain_host}")
add_executable(wsprobe-script-host IMPORTED GLOBAL)
set_target_properties(wsprobe-script-host PROPERTIES IMPORTED_LOCATION "${plain_host}")
add_dependencies(wsprobe-script-host plain_script_host)
