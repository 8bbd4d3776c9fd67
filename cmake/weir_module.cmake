# Layers whose own code runs on several threads: `cmake --build --preset tsan --target thread_tests` builds their test
# programs, which carry the label `threads`. DuckDB isn't instrumented, so sql/ is none of them.
set(weir_threaded_layers base data storage lake enrich identity learn)
add_custom_target(thread_tests)

function(weir_note_threads test program)
  get_filename_component(layer ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  if(layer IN_LIST weir_threaded_layers)
    set_property(TEST ${test} APPEND PROPERTY LABELS threads)
    add_dependencies(thread_tests ${program})
  endif()
  # The detector of deadlocks holds 64 locks at most, and DuckDB's make it fail; races are looked for all the same.
  if(layer STREQUAL "lake")
    set_property(TEST ${test} APPEND PROPERTY ENVIRONMENT_MODIFICATION "TSAN_OPTIONS=string_append::detect_deadlocks=0")
  endif()
endfunction()

# One folder of src/ is one module: a static library, its test program, its alias weir::NAME.
#
#   weir_module(NAME SOURCES a.cpp b.cpp TESTS a_test.cpp USES weir::base fmt::fmt)
function(weir_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;TESTS;USES" ${ARGN})

  add_library(weir_${name} STATIC ${arg_SOURCES})
  add_library(weir::${name} ALIAS weir_${name})
  target_include_directories(weir_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(weir_${name} PUBLIC ${arg_USES} PRIVATE weir_options)

  if(WEIR_BUILD_TESTS AND arg_TESTS)
    add_executable(${name}_test ${arg_TESTS})
    target_link_libraries(${name}_test PRIVATE weir::${name} weir_options GTest::gtest_main)
    add_test(NAME ${name} COMMAND ${name}_test)
    weir_note_threads(${name} ${name}_test)
  endif()
endfunction()

# The tests of a program once more, with their warehouses on a server that speaks S3; in the long run alone, as each
# takes minutes where sanitizers are on.
#
#   weir_test_on_s3(lake_log ./lake_log_test)
function(weir_test_on_s3 name)
  if(WEIR_BUILD_TESTS)
    add_test(NAME ${name}_on_s3 COMMAND ${ARGN})
    set_tests_properties(${name}_on_s3 PROPERTIES
      ENVIRONMENT WEIR_TEST_STORE=s3 SKIP_RETURN_CODE 77 LABELS "s3;long" TIMEOUT 900)
  endif()
endfunction()

# A part of them that the short run has, too: so many rounds, or the tests that a filter names.
#
#   weir_test_on_s3_briefly(lake_property 2 lake_property_test)
function(weir_test_on_s3_briefly name rounds)
  if(WEIR_BUILD_TESTS)
    add_test(NAME ${name}_on_s3_briefly COMMAND ${ARGN})
    set_tests_properties(${name}_on_s3_briefly PROPERTIES
      ENVIRONMENT "WEIR_TEST_STORE=s3;WEIR_TEST_ROUNDS=${rounds}" SKIP_RETURN_CODE 77 LABELS s3)
  endif()
endfunction()

# One test program of its own, for tests that are slow or that need several modules.
#
#   weir_test(lake_log_test SOURCES log_test.cpp USES weir::lake)
function(weir_test name)
  if(NOT WEIR_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "SOURCES;USES" ${ARGN})

  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_USES} weir_options GTest::gtest_main)
  string(REGEX REPLACE "_test$" "" test_name ${name})
  add_test(NAME ${test_name} COMMAND ${name})
  weir_note_threads(${test_name} ${name})
endfunction()
