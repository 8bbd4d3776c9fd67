#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/schema.h"

// The kinds of objects that the platform's API has, and what a row of each holds.
namespace weir::connectors {

enum class PlatformType : std::uint8_t {
  kNumber,  // a whole number of 64 bits
  kText,
  kFlag,  // true or false
  kDay,   // "2026-01-31", as text
  kTexts,
  kNumbers,
  kObject,  // a JSON object, as text
};

// A field of an object, and the column that it becomes.
struct PlatformField {
  std::string name;
  PlatformType type = PlatformType::kText;
  bool required = true;  // else it may be absent or null
  // Another field, an object, that holds this one; empty: it stands in the object itself. Looked at
  // where the object's `type` is `lookalike` alone: other types have definitions of other shapes.
  std::string inside{};
};

struct PlatformKind {
  std::string name;                   // as in the API's path and the file's name: "segments"
  std::vector<PlatformField> fields;  // in the order of the columns
  // Whether an id stands once. A segment has an object for each region and DSP.
  bool unique_id = true;
};

// All kinds, and their names.
const std::vector<PlatformKind>& PlatformKinds();
std::vector<std::string> PlatformKindNames();
// Null for an unknown name.
const PlatformKind* FindPlatformKind(std::string_view name);

// The columns of a kind's rows: its fields, then
//   extra    other fields as a JSON object; null if there are none
//   file     where the object stands: file, and line of its '{'
//   line
//   lines    the line of each of its parts: 'pixel_ids', 'pixel_ids[0]', 'definition.event'
Schema SchemaOf(const PlatformKind& kind);

// "a whole number": what is allowed for the type.
std::string_view Wanted(PlatformType type);

}  // namespace weir::connectors
