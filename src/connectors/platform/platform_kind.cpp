#include "connectors/platform/platform_kind.h"

#include <algorithm>

namespace weir::connectors {
namespace {

PlatformField NumberField(std::string name) {
  return {.name = std::move(name), .type = PlatformType::kNumber};
}
PlatformField TextField(std::string name) {
  return {.name = std::move(name), .type = PlatformType::kText};
}

PlatformKind Segments() {
  return {
      .name = "segments",
      .fields = {NumberField("id"),
                 TextField("name"),
                 TextField("type"),
                 NumberField("advertiser_id"),
                 TextField("region"),
                 TextField("dsp"),
                 NumberField("member_id"),
                 NumberField("dsp_segment_id"),
                 NumberField("min_size"),
                 NumberField("max_size"),
                 {.name = "expiration_minutes", .type = PlatformType::kNumber, .required = false},
                 {.name = "active", .type = PlatformType::kFlag},
                 {.name = "pixel_ids", .type = PlatformType::kNumbers},
                 {.name = "definition", .type = PlatformType::kObject},
                 {.name = "event", .required = false, .inside = "definition"},
                 {.name = "lookback_days",
                  .type = PlatformType::kNumber,
                  .required = false,
                  .inside = "definition"},
                 {.name = "domains",
                  .type = PlatformType::kTexts,
                  .required = false,
                  .inside = "definition"}},
      .unique_id = false};
}

std::vector<PlatformKind> AllKinds() {
  return {{.name = "advertisers",
           .fields = {NumberField("id"),
                      TextField("name"),
                      {.name = "domains", .type = PlatformType::kTexts},
                      TextField("status")}},
          {.name = "campaigns",
           .fields = {NumberField("id"),
                      NumberField("advertiser_id"),
                      TextField("status"),
                      {.name = "start", .type = PlatformType::kDay},
                      {.name = "end", .type = PlatformType::kDay, .required = false},
                      NumberField("member_id")}},
          {.name = "keywords", .fields = {NumberField("id"), TextField("keyword")}},
          {.name = "pixels",
           .fields = {NumberField("id"), NumberField("advertiser_id"), TextField("kind"),
                      TextField("url_pattern")}},
          Segments()};
}

DataType TypeOfColumn(PlatformType type) {
  switch (type) {
    case PlatformType::kNumber:
      return PlainType(TypeKind::kLong);
    case PlatformType::kFlag:
      return PlainType(TypeKind::kBoolean);
    case PlatformType::kTexts:
      return ArrayOf(PlainType(TypeKind::kString));
    case PlatformType::kNumbers:
      return ArrayOf(PlainType(TypeKind::kLong));
    case PlatformType::kText:
    case PlatformType::kDay:
    case PlatformType::kObject:
      break;
  }
  return PlainType(TypeKind::kString);
}

}  // namespace

const std::vector<PlatformKind>& PlatformKinds() {
  static const std::vector<PlatformKind> kKinds = AllKinds();
  return kKinds;
}

std::vector<std::string> PlatformKindNames() {
  std::vector<std::string> names;
  std::ranges::transform(PlatformKinds(), std::back_inserter(names), &PlatformKind::name);
  return names;
}

const PlatformKind* FindPlatformKind(std::string_view name) {
  const auto found = std::ranges::find(PlatformKinds(), name, &PlatformKind::name);
  return found == PlatformKinds().end() ? nullptr : &*found;
}

Schema SchemaOf(const PlatformKind& kind) {
  Schema schema;
  for (const PlatformField& field : kind.fields) {
    schema.fields.push_back(
        {.name = field.name, .type = TypeOfColumn(field.type), .nullable = !field.required});
  }
  const DataType text = PlainType(TypeKind::kString);
  const DataType number = PlainType(TypeKind::kLong);
  schema.fields.push_back({.name = "extra", .type = text});
  schema.fields.push_back({.name = "file", .type = text, .nullable = false});
  schema.fields.push_back({.name = "line", .type = number, .nullable = false});
  schema.fields.push_back({.name = "lines", .type = MapOf(text, number), .nullable = false});
  return schema;
}

std::string_view Wanted(PlatformType type) {
  switch (type) {
    case PlatformType::kNumber:
      return "a whole number";
    case PlatformType::kText:
      return "text";
    case PlatformType::kFlag:
      return "true or false";
    case PlatformType::kDay:
      return "a day such as \"2026-01-31\"";
    case PlatformType::kTexts:
      return "a list of texts";
    case PlatformType::kNumbers:
      return "a list of whole numbers";
    case PlatformType::kObject:
      return "an object";
  }
  return "";
}

}  // namespace weir::connectors
