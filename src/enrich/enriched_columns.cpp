#include "enrich/enriched_columns.h"

#include <array>
#include <initializer_list>
#include <utility>

namespace weir::enrich {
namespace {

void AppendHash(TextColumn& column, const std::optional<Hash128>& hash) {
  if (!hash) {
    column.AppendNull();
    return;
  }
  std::array<char, 32> text{};
  WriteHex(*hash, text);
  column.Append({text.data(), text.size()});
}

template <typename Number>
void AppendNumber(NumberColumn<Number>& column, const std::optional<Number>& number) {
  number ? column.Append(*number) : column.AppendNull();
}

DataType Text() { return PlainType(TypeKind::kString); }

Schema SchemaOf(std::initializer_list<std::pair<const char*, DataType>> columns) {
  Schema schema;
  for (const auto& [name, type] : columns) {
    schema.fields.push_back({.name = name, .type = type});
  }
  return schema;
}

// A record batch of the columns, each of which is empty afterwards.
template <typename... Columns>
Batch FinishColumns(std::size_t num_rows, Columns&... columns) {
  std::vector<Batch> finished;
  (finished.push_back(columns.Finish()), ...);
  return StructOfColumns(num_rows, std::move(finished));
}

}  // namespace

Schema EventColumns::TableSchema() {
  return SchemaOf({{"event_id", Text()},
                   {"party", Text()},
                   {"event", Text()},
                   {"ts", PlainType(TypeKind::kTimestamp)},
                   {"user_id", Text()},
                   {"url", Text()},
                   {"host", Text()},
                   {"domain", Text()},
                   {"path", Text()},
                   {"words", ArrayOf(Text())},
                   {"referrer_domain", Text()},
                   {"country", Text()},
                   {"subdivision", Text()},
                   {"city", Text()},
                   {"region", Text()},
                   {"ip_truncated", Text()},
                   {"browser", Text()},
                   {"browser_version", Text()},
                   {"os", Text()},
                   {"device_type", Text()},
                   {"pixel_id", PlainType(TypeKind::kLong)},
                   {"order_id", Text()},
                   {"order_value", PlainType(TypeKind::kDouble)},
                   {"currency", Text()},
                   {"consent", Text()},
                   {"source", Text()},
                   {"source_partition", Text()},
                   {"source_offset", PlainType(TypeKind::kLong)}});
}

// For texts of usual length, so that the buffers of a block don't grow step by step.
void EventColumns::Reserve(std::size_t rows) {
  event_id_.Reserve(rows, rows * 32);
  user_id_.Reserve(rows, rows * 24);
  url_.Reserve(rows, rows * 72);
  host_.Reserve(rows, rows * 20);
  domain_.Reserve(rows, rows * 16);
  path_.Reserve(rows, rows * 40);
  words_.elements().Reserve(rows * 6, rows * 36);
  for (NumberColumn<std::int64_t>* column : {&ts_, &pixel_id_, &source_offset_}) {
    column->Reserve(rows);
  }
  order_value_.Reserve(rows);
  for (TextColumn* column : {&referrer_domain_, &country_, &ip_truncated_, &browser_,
                             &browser_version_, &os_, &device_type_}) {
    column->Reserve(rows, 0);
  }
}

void EventColumns::Append(const EnrichedEvent& event) {
  const CommonValues& common = event.common;
  AppendHash(event_id_, common.event_id);
  party_.Append(event.party);
  event_.Append(event.event);
  ts_.Append(common.ts);
  user_id_.Append(event.user_id);
  url_.Append(event.url);
  host_.AppendOrNull(event.host);
  domain_.AppendOrNull(event.domain);
  path_.AppendOrNull(event.path);
  for (const std::string& word : event.words) {
    words_.elements().Append(word);
  }
  words_.EndRow();
  referrer_domain_.AppendOrNull(event.referrer_domain);
  country_.AppendOrNull(common.country);
  subdivision_.AppendOrNull(event.subdivision);
  city_.AppendOrNull(event.city);
  region_.AppendOrNull(common.region);
  ip_truncated_.AppendOrNull(event.ip_truncated);
  browser_.AppendOrNull(event.browser);
  browser_version_.AppendOrNull(event.browser_version);
  os_.AppendOrNull(event.os);
  device_type_.AppendOrNull(event.device_type);
  AppendNumber(pixel_id_, event.pixel_id);
  order_id_.AppendOrNull(event.order_id);
  AppendNumber(order_value_, event.order_value);
  currency_.AppendOrNull(event.currency);
  consent_.AppendOrNull(common.consent);
  source_.Append(common.position.source);
  source_partition_.Append(common.position.source_partition);
  source_offset_.Append(common.position.source_offset);
}

Batch EventColumns::Finish() {
  return FinishColumns(num_rows(), event_id_, party_, event_, ts_, user_id_, url_, host_, domain_,
                       path_, words_, referrer_domain_, country_, subdivision_, city_, region_,
                       ip_truncated_, browser_, browser_version_, os_, device_type_, pixel_id_,
                       order_id_, order_value_, currency_, consent_, source_, source_partition_,
                       source_offset_);
}

void PartyIdColumns::Append(const PartyId& id) {
  party_.Append(id.party);
  id_.Append(id.id);
}

Batch PartyIdColumns::Finish() { return FinishColumns(num_rows(), party_, id_); }

Schema MappingColumns::TableSchema() {
  const DataType id = StructOf({{.name = "party", .type = Text()}, {.name = "id", .type = Text()}});
  return SchemaOf({{"event_id", Text()},
                   {"ts", PlainType(TypeKind::kTimestamp)},
                   {"ids", ArrayOf(id)},
                   {"country", Text()},
                   {"region", Text()},
                   {"consent", Text()},
                   {"source", Text()},
                   {"source_partition", Text()},
                   {"source_offset", PlainType(TypeKind::kLong)}});
}

void MappingColumns::Append(const CommonValues& values, std::span<const PartyId> ids) {
  AppendHash(event_id_, values.event_id);
  ts_.Append(values.ts);
  for (const PartyId& id : ids) {
    ids_.elements().Append(id);
  }
  ids_.EndRow();
  country_.AppendOrNull(values.country);
  region_.AppendOrNull(values.region);
  consent_.AppendOrNull(values.consent);
  source_.Append(values.position.source);
  source_partition_.Append(values.position.source_partition);
  source_offset_.Append(values.position.source_offset);
}

Batch MappingColumns::Finish() {
  return FinishColumns(num_rows(), event_id_, ts_, ids_, country_, region_, consent_, source_,
                       source_partition_, source_offset_);
}

Schema BadColumns::TableSchema() {
  return SchemaOf({{"source", Text()},
                   {"source_partition", Text()},
                   {"source_offset", PlainType(TypeKind::kLong)},
                   {"ts", PlainType(TypeKind::kTimestamp)},
                   {"reason", Text()},
                   {"field", Text()},
                   {"line", Text()}});
}

void BadColumns::Append(const BadLine& bad) {
  source_.Append(bad.position.source);
  source_partition_.Append(bad.position.source_partition);
  source_offset_.Append(bad.position.source_offset);
  AppendNumber(ts_, bad.ts);
  reason_.Append(NameOf(bad.reason));
  field_.AppendOrNull(bad.field);
  bad.line ? line_.Append(*bad.line) : line_.AppendNull();
}

Batch BadColumns::Finish() {
  return FinishColumns(num_rows(), source_, source_partition_, source_offset_, ts_, reason_, field_,
                       line_);
}

}  // namespace weir::enrich
