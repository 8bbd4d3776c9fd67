# cmake --install build/release --prefix P: a folder that may be moved anywhere on a Linux with glibc 2.36 or newer.
#
#   P/bin/weir   P/lib/*.so*   P/lib/weir/extensions/*.duckdb_extension
#
# Debian has no static fmt, spdlog and simdjson, so every shared library but glibc's own goes along. That includes
# libstdc++: libduckdb.so needs it, too, and two copies in one process (one linked statically) don't mix. The path is
# written as DT_RPATH, which also serves what the libraries themselves need; DT_RUNPATH would serve the program alone.
if(NOT TARGET weir)
  return()
endif()

target_link_options(weir PRIVATE -Wl,--disable-new-dtags)
set_target_properties(weir PROPERTIES INSTALL_RPATH "$ORIGIN/../lib")

install(TARGETS weir
  RUNTIME_DEPENDENCIES
    DIRECTORIES ${WEIR_DEPS}/duckdb/lib
    PRE_EXCLUDE_REGEXES "^ld-linux" "^lib(c|m|dl|rt|pthread|resolv)\\.so"
  RUNTIME DESTINATION bin
  LIBRARY DESTINATION lib)
install(DIRECTORY ${WEIR_DEPS}/duckdb/extensions/ DESTINATION lib/weir/extensions
  FILES_MATCHING PATTERN "*.duckdb_extension")
foreach(data uap-core/regexes.yaml crawler-user-agents/crawler-user-agents.json
             public-suffix-list/public_suffix_list.dat geo/geo-whois-asn-country.mmdb)
  get_filename_component(folder ${data} DIRECTORY)
  install(FILES ${WEIR_DEPS}/${data} DESTINATION share/weir/reference/${folder})
endforeach()
install(FILES LICENSE DESTINATION share/doc/weir)

# Projects that `weir new --example` copies.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/examples ${PROJECT_SOURCE_DIR}/packs DESTINATION share/weir
  PATTERN data EXCLUDE PATTERN out EXCLUDE PATTERN warehouse* EXCLUDE PATTERN .weir EXCLUDE PATTERN __pycache__ EXCLUDE)
