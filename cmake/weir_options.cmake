# Compiler settings that every module shares, as the interface target weir_options.
add_library(weir_options INTERFACE)
target_compile_options(weir_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor)
if(WEIR_WARNINGS_AS_ERRORS)
  target_compile_options(weir_options INTERFACE -Werror)
endif()

# Failpoints (base/failpoint.h) let tests kill the program at a named place; a release has none.
if(NOT CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_definitions(weir_options INTERFACE WEIR_FAILPOINTS)
endif()

foreach(sanitizer IN LISTS WEIR_SANITIZE)
  add_compile_options(-fsanitize=${sanitizer} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${sanitizer})
endforeach()
if(WEIR_SANITIZE)
  add_compile_options(-fno-sanitize-recover=all -O1 -g1)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()
