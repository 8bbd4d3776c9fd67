#include "cli/forget/file_rows.h"

#include <array>
#include <fstream>
#include <random>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/test_folder.h"
#include "base/test_seed.h"
#include "sql/quote.h"

namespace weir::cli {
namespace {

using connectors::NamedPeople;

// Numbers and words that stand in other columns, and marks of the formats.
constexpr std::array kIds = {"43200", "7",     "add",           "id:with;marks", "a,b",
                             "q\"u",  "\"x\"", "6392124210493", "77;78",         "x#y^z"};

std::string CsvCell(const std::string& cell) {
  std::string quoted = "\"";
  for (const char byte : cell) {
    quoted += byte == '"' ? "\"\"" : std::string(1, byte);
  }
  return cell.find_first_of(",\"") == std::string::npos ? cell : quoted + "\"";
}

class FileRowsTest : public testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.path() / name, std::ios::binary) << text;
    return (folder_.path() / name).string();
  }

  // The file's lines after the ids are taken out as forgetting does it.
  std::vector<std::string> Rest(const std::string& path, NamedPeople people,
                                const std::set<std::string>& users) {
    std::vector<PersonId> ids;
    ids.reserve(users.size());
    for (const std::string& user : users) {
      ids.push_back({.party = "an", .user_id = user});
    }
    return Rest(path, people, ids, {});
  }

  std::vector<std::string> Rest(const std::string& path, NamedPeople people,
                                const std::vector<PersonId>& ids,
                                const std::map<std::string, std::string>& dsp_parties) {
    operators::UserKeys keys("0123456789abcdef");
    const ScratchIds scratch(connection_, ids, keys, {.dsp_parties = dsp_parties});
    const auto rows = FileRowsOf(path, people, scratch, connection_);
    if (!rows) {
      ADD_FAILURE() << path << " isn't looked at";
      return {};
    }
    const std::string to = (folder_.path() / "rest.txt").string();
    connection_.Run(
        fmt::format("COPY ({}) TO {} ({})", rows->rest, sql::QuoteText(to), rows->format));
    found_ = connection_.QueryInteger(
        fmt::format("SELECT count(*) FROM {} WHERE {}", rows->all, rows->found));
    std::ifstream file(to);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
      lines.push_back(line);
    }
    return lines;
  }

  std::string Id() { return kIds[random_() % kIds.size()]; }

  std::mt19937_64 random_{TestSeed()};
  TestFolder folder_;
  sql::Database database_{{.memory_bytes = 256 << 20, .threads = 2, .spill_folder = {}}};
  sql::Connection connection_ = database_.Connect();
  std::int64_t found_ = 0;
};

TEST_F(FileRowsTest, LinesOfTabsGoByTheWholeOfTheirFirstField) {
  for (int round = 0; round < 40; ++round) {
    const std::set<std::string> forgotten = {Id(), Id()};
    std::string text;
    std::vector<std::string> expected;
    std::int64_t num_gone = 0;
    for (int i = 0; i < 30; ++i) {
      const std::string user = Id() + (random_() % 4 == 0 ? "x" : "");
      const std::string line = fmt::format("{}\t7\tadd\t{}\t43200\t{}", user, Id(), Id());
      text += line + "\n";
      if (forgotten.contains(user)) {
        ++num_gone;
      } else {
        expected.push_back(line);
      }
    }

    const auto rest = Rest(Write("part.tsv", text), NamedPeople::kByFirstField, forgotten);

    EXPECT_EQ(rest, expected);
    EXPECT_EQ(found_, num_gone);
  }
}

TEST_F(FileRowsTest, IdentifiersLoseWhatPutsThemInAndKeepWhatTakesThemOut) {
  for (int round = 0; round < 40; ++round) {
    const std::set<std::string> forgotten = {Id(), Id()};
    std::string text = "identifier,add,remove\n";
    std::vector<std::string> expected = {"identifier,add,remove"};
    std::int64_t num_found = 0;
    for (int i = 0; i < 30; ++i) {
      const std::string user = Id();
      const bool adds = random_() % 3 != 0;
      const std::string add = adds ? "101:1767657600:43200;7:1:77" : "";
      const std::string remove = !adds || random_() % 2 == 0 ? "7;78" : "";
      text += fmt::format("{},{},{}\n", CsvCell(user), add, remove);
      const bool is_named = forgotten.contains(user);
      num_found += is_named ? 1 : 0;
      if (!is_named || !remove.empty()) {
        expected.push_back(fmt::format("{},{},{}", CsvCell(user), is_named ? "" : add, remove));
      }
    }

    const auto rest = Rest(Write("a.csv", text), NamedPeople::kByIdentifier, forgotten);

    EXPECT_EQ(rest, expected);
    EXPECT_EQ(found_, num_found);
  }
}

TEST_F(FileRowsTest, OtherLinesGoByColumnsThatAreNamedForIdsAndByDistinctiveIdsAnywhere) {
  for (const char separator : {',', '\t'}) {
    const std::string text = fmt::format(
        "size{0}user_id\n43200{0}7\n7{0}43200\n1{0}id:with;marks\n7{0}77\nx id:with;marks y{0}1\n",
        separator);

    const auto rest =
        Rest(Write("report.csv", text), NamedPeople::kAnywhere, {"7", "id:with;marks"});

    EXPECT_EQ(rest, (std::vector<std::string>{fmt::format("size{}user_id", separator),
                                              fmt::format("7{}43200", separator),
                                              fmt::format("7{}77", separator)}));
    EXPECT_EQ(found_, 3);
  }
  const auto quoted = Rest(Write("q.csv", "n,user_id\n\"1,2\",\"a,b\"\n\"a,b\",7\n"),
                           NamedPeople::kAnywhere, {"a,b"});
  EXPECT_EQ(quoted, (std::vector<std::string>{"n,user_id", "\"a,b\",7"}));
}

TEST_F(FileRowsTest, FilesForDspsHaveIdsOfTheirPartiesAlone) {
  const std::vector<PersonId> ids = {{.party = "af", .user_id = "17"},
                                     {.party = "an", .user_id = "18"},
                                     {.party = "tt", .user_id = "19"}};
  const std::string lines = Write("part.tsv", "17\t7\tadd\n18\t7\tadd\n19\t7\tadd\n");
  const std::string identifiers = Write("a.csv", "identifier,add,remove\n17,7,\n18,7,\n19,7,\n");
  const std::string report = Write("r.csv", "user_id,dsp_user_id\n1,17\n1,18\n19,1\n");
  using Lines = std::vector<std::string>;
  struct Case {
    std::map<std::string, std::string> dsps;
    Lines users;  // that stay in the first two files, and as `dsp_user_id` in the third
  };
  const std::vector<Case> cases = {{{{"x", "an"}, {"y", "an"}}, {"17", "19"}},
                                   {{{"x", "an"}, {"y", "af"}}, {"19"}},
                                   {{{"x", "st"}}, {"17", "18", "19"}},
                                   {{}, {}}};
  for (const Case& each : cases) {
    Lines of_lines;
    Lines of_identifiers = {"identifier,add,remove"};
    Lines of_report = {"user_id,dsp_user_id"};
    for (const std::string& user : each.users) {
      of_lines.push_back(user + "\t7\tadd");
      of_identifiers.push_back(user + ",7,");
      if (user != "19") {
        of_report.push_back("1," + user);
      }
    }

    EXPECT_EQ(Rest(lines, NamedPeople::kByFirstField, ids, each.dsps), of_lines);
    EXPECT_EQ(Rest(identifiers, NamedPeople::kByIdentifier, ids, each.dsps), of_identifiers);
    EXPECT_EQ(Rest(report, NamedPeople::kAnywhere, ids, each.dsps), of_report);
  }
}

}  // namespace
}  // namespace weir::cli
