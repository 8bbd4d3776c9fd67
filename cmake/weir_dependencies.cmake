# What scripts/setup.sh put in place: Debian's packages, and DuckDB under .deps/.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(simdjson REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(SQLite3 REQUIRED)

find_path(XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
add_library(xxhash INTERFACE)
target_include_directories(xxhash SYSTEM INTERFACE ${XXHASH_INCLUDE_DIR})
target_compile_definitions(xxhash INTERFACE XXH_INLINE_ALL)

set(WEIR_DEPS ${PROJECT_SOURCE_DIR}/.deps CACHE PATH "Folder that scripts/setup.sh filled")
if(NOT EXISTS ${WEIR_DEPS}/duckdb/lib/libduckdb.so)
  message(FATAL_ERROR "DuckDB is not in ${WEIR_DEPS}/duckdb: run scripts/setup.sh")
endif()
add_library(duckdb SHARED IMPORTED)
set_target_properties(duckdb PROPERTIES
  IMPORTED_LOCATION ${WEIR_DEPS}/duckdb/lib/libduckdb.so)
target_include_directories(duckdb SYSTEM INTERFACE ${WEIR_DEPS}/duckdb/include)

if(WEIR_BUILD_TESTS)
  find_package(GTest REQUIRED)
  find_package(rapidcheck QUIET)
endif()
