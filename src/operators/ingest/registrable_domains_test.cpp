#include "operators/ingest/registrable_domains.h"

#include <gtest/gtest.h>

#include "operators/test_context.h"

namespace weir::operators {
namespace {

// The domains are those that the public suffix list's own test data name.
TEST(RegistrableDomains, AreThoseOfEvents) {
  sql::Database database{{.memory_bytes = 1ULL << 30U, .threads = 2, .spill_folder = {}}};
  sql::Connection connection = database.Connect();
  connection.Run(
      "CREATE TEMP TABLE given AS SELECT * FROM (VALUES ('www.EXAMPLE.com', 'example.com'), "
      "('a.b.example.co.uk', 'example.co.uk'), ('example.com.', 'example.com'), "
      "('食狮.com.cn', 'xn--85x722f.com.cn'), ('www.食狮.公司.cn', 'xn--85x722f.xn--55qx5d.cn'), "
      "('co.uk', 'co.uk'), ('intranet', 'intranet'), ('www.', 'www'), ('192.0.2.1', '192.0.2.1'), "
      "('.', NULL), ('', NULL), ('example.com/path', NULL), ('user@example.com', NULL), "
      "('example.com:80', NULL), ('exa mple.com', NULL), ('example.com?', NULL)) "
      "t(host, domain)");
  TestContext context(database, connection, nlohmann::json::object(), {{"hosts", "given"}});

  MakeRegistrableDomains()->Run(context);

  EXPECT_EQ(connection.QueryInteger("SELECT count(*) FROM domains"), 16);
  EXPECT_EQ(connection.QueryInteger("SELECT count(*) FROM (FROM given EXCEPT FROM domains)"), 0);
}

}  // namespace
}  // namespace weir::operators
