#pragma once

#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_folder.h"
#include "connectors/connector.h"

// For tests alone: a database, a folder and calls of one connector.
namespace weir::connectors {

class ConnectorTest : public testing::Test {
 protected:
  void Write(const std::string& name, const std::string& text) {
    const std::filesystem::path path = folder_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }

  std::string Contents(const std::string& name) const {
    std::ifstream file(folder_.path() / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  ConnectorContext Context(const std::string& connector, Direction direction,
                           const nlohmann::json& settings) {
    return {.database = database_,
            .connection = connection_,
            .connections = connections_,
            .folder = folder_.path(),
            .settings = CompleteSettings(table_.Find(connector), direction, settings),
            .relation = "rows",
            .columns = columns_,
            .run_id = "report.20260105.1",
            .finished = finished_,
            .stop = {}};
  }

  ReadReport Read(const nlohmann::json& settings) {
    ConnectorContext context = Context("files", Direction::kIn, settings);
    return table_.Find("files").Read(context);
  }

  SendReport Send(const std::string& connector, const nlohmann::json& settings) {
    ConnectorContext context = Context(connector, Direction::kOut, settings);
    return table_.Find(connector).Send(context);
  }

  // Rows of a query, cells as DuckDB's text with '|' between.
  std::vector<std::string> Rows(const std::string& sql) {
    std::vector<std::string> lines;
    for (const auto& row :
         connection_.Query("SELECT COLUMNS(*)::VARCHAR FROM (" + sql + ")").Rows()) {
      std::string line;
      for (const sql::Value& cell : row) {
        line += line.empty() ? "" : "|";
        line += sql::IsNull(cell) ? "NULL" : std::get<std::string>(cell);
      }
      lines.push_back(line);
    }
    return lines;
  }

  // Text of the UserError that `work` throws, the test's folder as "F".
  std::string ErrorOf(const std::function<void()>& work) const {
    try {
      work();
    } catch (const UserError& error) {
      std::string text = error.what();
      for (std::size_t at = text.find(folder_.text()); at != std::string::npos;
           at = text.find(folder_.text())) {
        text.replace(at, folder_.text().size(), "F");
      }
      return text;
    }
    return "nothing was thrown";
  }

  TestFolder folder_;
  sql::Database database_{{.memory_bytes = 1ULL << 30U, .threads = 2, .spill_folder = {}}};
  sql::Connection connection_ = database_.Connect();
  Secrets secrets_{std::vector<project::SecretLine>{}};
  Connections connections_{{}, secrets_};
  ConnectorTable table_ = BuiltinConnectors();
  std::string columns_;
  std::set<std::string> finished_;
};

}  // namespace weir::connectors
