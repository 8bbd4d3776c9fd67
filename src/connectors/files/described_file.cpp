#include "connectors/files/described_file.h"

#include <fstream>
#include <string>
#include <variant>

#include <fmt/format.h>

#include "sql/quote.h"

namespace weir::connectors {

using OrderedJson = nlohmann::ordered_json;

OrderedJson DescribedFile(const std::filesystem::path& path, std::int64_t lines,
                          sql::Connection& connection) {
  const auto row = connection
                       .Query(fmt::format("SELECT size::BIGINT, sha256(content) FROM read_blob({})",
                                          sql::QuoteText(path.string())))
                       .Rows()
                       .at(0);
  return {{"name", path.filename().string()},
          {"size", std::get<std::int64_t>(row.at(0))},
          {"lines", lines},
          {"sha256", std::get<std::string>(row.at(1))}};
}

OrderedJson ReadJsonFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return file ? OrderedJson::parse(file, nullptr, false) : OrderedJson();
}

void WriteJsonFile(const std::filesystem::path& path, const OrderedJson& json, int indent) {
  std::ofstream(path, std::ios::binary) << json.dump(indent) << "\n";
}

}  // namespace weir::connectors
