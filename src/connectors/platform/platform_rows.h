#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/file_mistakes.h"
#include "connectors/platform/located_json.h"
#include "connectors/platform/platform_folder.h"
#include "connectors/platform/platform_kind.h"
#include "data/batch.h"

namespace weir::connectors {

// The rows that pages of objects hold, checked field by field. Not thread-safe.
class PlatformRows {
 public:
  // `kind` must outlive this.
  explicit PlatformRows(const PlatformKind& kind);
  PlatformRows(const PlatformRows&) = delete;
  PlatformRows& operator=(const PlatformRows&) = delete;
  ~PlatformRows();

  void Add(const PlatformPage& page);
  // All rows, with the columns of SchemaOf(kind). Throws UserError with all mistakes of all pages.
  Batch Finish();

 private:
  class Columns;

  void AddObject(const LocatedObject& object, const std::string& file);
  void CheckObject(const LocatedObject& object, const std::string& file);
  void CheckId(const LocatedObject& object, const std::string& file);

  const PlatformKind& kind_;
  std::unique_ptr<Columns> columns_;
  std::vector<FileMistake> mistakes_;
  std::map<std::int64_t, std::string> places_;  // of ids, where they stand once
};

}  // namespace weir::connectors
