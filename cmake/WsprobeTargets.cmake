# The kinds of target the project has. Each folder says which it is and names its files.

find_program(WSPROBE_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH REQUIRED
             DOC "Debian's own interpreter: it is the one that sees the python3-* packages")

# wsprobe_library(NAME SOURCES ... [HEADERS ...] [DEPENDS ...] [PRIVATE_DEPENDS ...])
#
# A static library wsprobe_NAME (alias wsprobe::NAME). Headers are a file set, so that the target
# all_verify_interface_header_sets proves that each compiles alone.
function(wsprobe_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  set(target wsprobe_${name})
  add_library(${target} STATIC ${ARG_SOURCES})
  add_library(wsprobe::${name} ALIAS ${target})
  if(name STREQUAL "exporters")
    set(include_root "${PROJECT_SOURCE_DIR}")
  else()
    set(include_root "${PROJECT_SOURCE_DIR}/probe")
  endif()
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS "${include_root}" FILES ${ARG_HEADERS})
  target_link_libraries(${target} PUBLIC ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE_DEPENDS} wsprobe::options)
endfunction()

# wsprobe_test(NAME SOURCES ... DEPENDS ... [TIMEOUT seconds] [LABELS ...])
#
# A GoogleTest executable, each of its tests registered with CTest under the label "unit" unless told otherwise.
function(wsprobe_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPENDS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/tests")
  target_compile_definitions(${name} PRIVATE WSPROBE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} wsprobe::options GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST NO_PRETTY_VALUES TEST_PREFIX "${name}."
                       PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()

# wsprobe_pytest(NAME PATH [TIMEOUT seconds] [LABELS ...])
#
# A file or folder of pytest tests run against the binary, whose path they find in WSPROBE_BINARY.
function(wsprobe_pytest name path)
  cmake_parse_arguments(ARG "" "TIMEOUT" "LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  if(NOT ARG_LABELS)
    set(ARG_LABELS lab)
  endif()
  cmake_path(ABSOLUTE_PATH path BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
  if(NOT EXISTS "${path}")
    message(FATAL_ERROR "${name}: there is no ${path}")
  endif()
  add_test(NAME ${name} COMMAND "${WSPROBE_PYTHON}" -m pytest -q -p no:cacheprovider "${path}")
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}"
    ENVIRONMENT "WSPROBE_BINARY=$<TARGET_FILE:wsprobe>;PYTHONDONTWRITEBYTECODE=1")
endfunction()

# wsprobe_fuzzer(NAME SOURCES ... DEPENDS ...)
#
# With WSPROBE_FUZZ, fuzz_NAME is a libFuzzer target. Otherwise the same entry point replays its seeds,
# tests/fuzz/corpus/NAME/*, as a test.
function(wsprobe_fuzzer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  set(target fuzz_${name})
  add_executable(${target} ${ARG_SOURCES})
  add_dependencies(fuzzers ${target})
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/tests")
  target_link_libraries(${target} PRIVATE ${ARG_DEPENDS} wsprobe::options)
  if(WSPROBE_FUZZ)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cpp")
    set(seeds)
    if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${name}.seeds")
      file(STRINGS "${name}.seeds" seeds)
      list(TRANSFORM seeds PREPEND "${PROJECT_SOURCE_DIR}/")
    endif()
    add_test(NAME ${target}.replays_its_corpus
             COMMAND ${target} "${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name}" ${seeds})
    set_tests_properties(${target}.replays_its_corpus PROPERTIES TIMEOUT 60 LABELS fuzz)
  endif()
endfunction()
