# Compiler settings that every module shares, as the interface target weir_options.
add_library(weir_options INTERFACE)
target_compile_options(weir_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor)
if(WEIR_WARNINGS_AS_ERRORS)
  target_compile_options(weir_options INTERFACE -Werror)
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # What libstdc++ and librdkafka do in their own headers.
  target_compile_options(weir_options INTERFACE -Wno-deprecated-declarations -Wno-gnu-statement-expression-from-macro-expansion)
else()
  # Only false ones come of them where code is optimized: GCC 12 takes "a" + text for a copy of 2^63 bytes (GCC bug 105651),
  # and an empty optional for one that is read.
  target_compile_options(weir_options INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
  if(CMAKE_UNITY_BUILD)
    # A file's own types have external linkage to the compiler once it is read by #include.
    target_compile_options(weir_options INTERFACE -Wno-subobject-linkage)
  endif()
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
  # Without the checks that cost a quarter of the build to find what the address sanitizer finds, too.
  add_compile_options(-fno-sanitize=null,object-size,vptr -fno-sanitize-recover=all -O1 -g1)
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
  # Sanitizers bring millions of addresses that a position-independent program relocates whenever it starts: tests start
  # it thousands of times.
  add_link_options(-no-pie)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # Files that are not in the cache are read once, not preprocessed first: a twentieth of a build from clean.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_DEPEND=1 ${CCACHE_PROGRAM})
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()
