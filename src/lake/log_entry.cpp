// Reads log entries: one JSON object a line, one action each. simdjson, as a table may have tens of
// thousands of entries.
#include <utility>

#include <simdjson.h>

#include "base/error.h"
#include "lake/actions.h"

namespace weir::lake {
namespace {

namespace dom = simdjson::dom;

std::string TextOf(const dom::object& object, std::string_view key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

std::optional<std::int64_t> IntegerOf(const dom::object& object, std::string_view key) {
  std::int64_t number = 0;
  if (object[key].get(number) == simdjson::SUCCESS) {
    return number;
  }
  return std::nullopt;
}

bool FlagOf(const dom::object& object, std::string_view key, bool otherwise) {
  bool flag = otherwise;
  return object[key].get(flag) == simdjson::SUCCESS ? flag : otherwise;
}

// What must be there.
std::string RequiredText(const dom::object& object, std::string_view key) {
  return std::string(std::string_view(object[key]));
}

std::string JsonOf(const dom::object& object, std::string_view key) {
  dom::element element;
  const bool is_there = object[key].get(element) == simdjson::SUCCESS && !element.is_null();
  return is_there ? simdjson::minify(element) : std::string();
}

std::vector<std::string> TextsOf(const dom::object& object, std::string_view key) {
  std::vector<std::string> texts;
  dom::array array;
  if (object[key].get(array) == simdjson::SUCCESS) {
    for (const std::string_view text : array) {
      texts.emplace_back(text);
    }
  }
  return texts;
}

// Values that aren't text (operationParameters of some writers) are kept as JSON.
std::map<std::string, std::string> MapOfTexts(const dom::object& object, std::string_view key) {
  std::map<std::string, std::string> map;
  dom::object entries;
  if (object[key].get(entries) == simdjson::SUCCESS) {
    for (const auto& [name, value] : entries) {
      std::string_view text;
      map[std::string(name)] =
          value.get(text) == simdjson::SUCCESS ? std::string(text) : simdjson::minify(value);
    }
  }
  return map;
}

PartitionValues PartitionValuesOf(const dom::object& object) {
  PartitionValues values;
  dom::object entries;
  if (object["partitionValues"].get(entries) == simdjson::SUCCESS) {
    for (const auto& [name, value] : entries) {
      std::string_view text;
      const bool is_text = value.get(text) == simdjson::SUCCESS;
      // The protocol: an empty string is null.
      values[std::string(name)] =
          is_text && !text.empty() ? std::optional<std::string>(text) : std::nullopt;
    }
  }
  return values;
}

int RequiredInt(const dom::object& body, std::string_view key) {
  const std::int64_t number = body[key];
  if (!std::in_range<int>(number)) {
    throw simdjson::simdjson_error(simdjson::NUMBER_OUT_OF_RANGE);
  }
  return static_cast<int>(number);
}

Protocol ReadProtocol(const dom::object& body) {
  return {.reader_version = RequiredInt(body, "minReaderVersion"),
          .writer_version = RequiredInt(body, "minWriterVersion"),
          .reader_features = TextsOf(body, "readerFeatures"),
          .writer_features = TextsOf(body, "writerFeatures")};
}

Metadata ReadMetadata(const dom::object& body) {
  Metadata metadata{.id = RequiredText(body, "id"),
                    .name = TextOf(body, "name"),
                    .description = TextOf(body, "description"),
                    .schema = {},
                    .unreadable_schema = {},
                    .schema_string = RequiredText(body, "schemaString"),
                    .partition_columns = TextsOf(body, "partitionColumns"),
                    .configuration = MapOfTexts(body, "configuration"),
                    .created_time = IntegerOf(body, "createdTime")};
  try {
    metadata.schema = ParseSchemaJson(metadata.schema_string);
  } catch (const UserError& error) {
    metadata.unreadable_schema = error.what();
  }
  return metadata;
}

AddFile ReadAdd(const dom::object& body) {
  return {.path = RequiredText(body, "path"),
          .partition_values = PartitionValuesOf(body),
          .size = std::int64_t(body["size"]),
          .modification_time = IntegerOf(body, "modificationTime").value_or(0),
          .data_change = FlagOf(body, "dataChange", true),
          .stats = TextOf(body, "stats"),
          .tags = MapOfTexts(body, "tags"),
          .deletion_vector = JsonOf(body, "deletionVector")};
}

RemoveFile ReadRemove(const dom::object& body) {
  return {.path = RequiredText(body, "path"),
          .deletion_timestamp = IntegerOf(body, "deletionTimestamp").value_or(0),
          .data_change = FlagOf(body, "dataChange", true),
          .partition_values = PartitionValuesOf(body),
          .size = IntegerOf(body, "size").value_or(0),
          .deletion_vector = JsonOf(body, "deletionVector")};
}

Txn ReadTxn(const dom::object& body) {
  return {.app_id = RequiredText(body, "appId"),
          .version = std::int64_t(body["version"]),
          .last_updated = IntegerOf(body, "lastUpdated")};
}

std::map<std::string, std::int64_t> InputVersions(const dom::object& body) {
  std::map<std::string, std::int64_t> versions;
  dom::object entries;
  if (body["inputVersions"].get(entries) == simdjson::SUCCESS) {
    for (const auto& [name, value] : entries) {
      versions[std::string(name)] = std::int64_t(value);
    }
  }
  return versions;
}

CommitInfo ReadCommitInfo(const dom::object& body) {
  return {.timestamp = IntegerOf(body, "timestamp").value_or(0),
          .operation = TextOf(body, "operation"),
          .parameters = MapOfTexts(body, "operationParameters"),
          .metrics = MapOfTexts(body, "operationMetrics"),
          .run_id = TextOf(body, "runId"),
          .attempt = static_cast<int>(IntegerOf(body, "attempt").value_or(0)),
          .job = TextOf(body, "job"),
          .interval = TextOf(body, "interval"),
          .code_hash = TextOf(body, "codeHash"),
          .input_versions = InputVersions(body),
          .engine = TextOf(body, "engineInfo"),
          .read_version = IntegerOf(body, "readVersion"),
          .is_blind_append = FlagOf(body, "isBlindAppend", false)};
}

std::optional<Action> ReadAction(std::string_view name, const dom::object& body) {
  if (name == "add") {
    return ReadAdd(body);
  }
  if (name == "remove") {
    return ReadRemove(body);
  }
  if (name == "commitInfo") {
    return ReadCommitInfo(body);
  }
  if (name == "txn") {
    return ReadTxn(body);
  }
  if (name == "metaData") {
    return ReadMetadata(body);
  }
  if (name == "protocol") {
    return ReadProtocol(body);
  }
  return std::nullopt;
}

void ReadLine(std::string_view line, dom::parser& parser, std::vector<Action>& actions) {
  const dom::object object = parser.parse(line.data(), line.size());
  for (const auto& [name, value] : object) {
    if (value.is_null()) {
      continue;
    }
    if (auto action = ReadAction(name, value)) {
      actions.push_back(std::move(*action));
    }
  }
}

}  // namespace

std::vector<Action> ParseLogEntry(const std::string& text, std::string_view file) {
  std::vector<Action> actions;
  thread_local dom::parser parser;  // keeps its buffers from entry to entry
  std::size_t number = 0;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line(text.data() + start, end - start);
    start = end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
      continue;
    }
    try {
      ReadLine(line, parser, actions);
    } catch (const simdjson::simdjson_error& error) {
      throw UserError(
          "{}:{}: the log entry is corrupt or truncated: {}; expected one JSON action a "
          "line",
          file, number, error.what());
    }
  }
  if (number == 0) {
    throw UserError("{}: the log entry is empty; expected one JSON action a line", file);
  }
  return actions;
}

}  // namespace weir::lake
