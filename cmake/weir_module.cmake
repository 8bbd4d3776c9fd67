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
endfunction()
