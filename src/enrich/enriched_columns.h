#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/hashing.h"
#include "data/column_builder.h"
#include "data/schema.h"
#include "enrich/event_id.h"
#include "enrich/run_column.h"
#include "enrich/verdict.h"

// The columns that the chain fills. The schemas name the columns of the batches in order.
namespace weir::enrich {

// Where a line stood.
struct Position {
  std::string_view source;            // the topic
  std::string_view source_partition;  // the path below the topic's folder
  std::int64_t source_offset = 0;     // the line, from 1
};

// What the columns of all good lines have. Empty texts and absent ids are null.
struct CommonValues {
  std::optional<Hash128> event_id;
  Micros ts = 0;
  std::string_view country;
  std::string_view region;
  std::string_view consent;
  Position position;
};

// One row of the enriched events.
struct EnrichedEvent {
  CommonValues common;
  std::string_view party;
  std::string_view event;
  std::string_view user_id;
  std::string_view url;
  std::string_view host;
  std::string_view domain;
  std::string_view path;
  std::span<const std::string> words;
  std::string_view referrer_domain;
  std::string_view subdivision;
  std::string_view city;
  std::string_view ip_truncated;
  std::string_view browser;
  std::string_view browser_version;
  std::string_view os;
  std::string_view device_type;
  std::optional<std::int64_t> pixel_id;
  std::string_view order_id;
  std::optional<double> order_value;
  std::string_view currency;
};

// Enriched events: the columns of specs/adtech.md, "Enriched event", in that order.
class EventColumns {
 public:
  static Schema TableSchema();
  void Reserve(std::size_t rows);
  void Append(const EnrichedEvent& event);
  std::size_t num_rows() const { return ts_.num_rows(); }
  Batch Finish();

 private:
  TextColumn event_id_;
  RunColumn party_, event_;
  NumberColumn<std::int64_t> ts_;
  TextColumn user_id_, url_, host_, domain_, path_;
  ListColumn<TextColumn> words_;
  TextColumn referrer_domain_, country_;
  RunColumn subdivision_, city_, region_;
  TextColumn ip_truncated_, browser_, browser_version_, os_, device_type_;
  NumberColumn<std::int64_t> pixel_id_;
  RunColumn order_id_;
  NumberColumn<double> order_value_;
  RunColumn currency_, consent_, source_, source_partition_;
  NumberColumn<std::int64_t> source_offset_;
};

// Columns party and id, as the elements of a list.
class PartyIdColumns {
 public:
  void Append(const PartyId& id);
  std::size_t num_rows() const { return party_.num_rows(); }
  Batch Finish();

 private:
  TextColumn party_, id_;
};

// Enriched mapping events: event_id, ts, ids, country, region, consent, source, source_partition,
// source_offset.
class MappingColumns {
 public:
  static Schema TableSchema();
  void Append(const CommonValues& values, std::span<const PartyId> ids);
  std::size_t num_rows() const { return ts_.num_rows(); }
  Batch Finish();

 private:
  TextColumn event_id_;
  NumberColumn<std::int64_t> ts_;
  ListColumn<PartyIdColumns> ids_;
  TextColumn country_, region_, consent_, source_, source_partition_;
  NumberColumn<std::int64_t> source_offset_;
};

// One bad line.
struct BadLine {
  Position position;
  std::optional<Micros> ts;
  Verdict reason = Verdict::kNotJson;
  std::string_view field;                // empty where no field is at fault
  std::optional<std::string_view> line;  // absent for a suppressed id's; no full IP in it
};

// Bad lines: source, source_partition, source_offset, ts (where it was read), reason, field, line.
class BadColumns {
 public:
  static Schema TableSchema();
  void Append(const BadLine& bad);
  std::size_t num_rows() const { return source_.num_rows(); }
  Batch Finish();

 private:
  TextColumn source_, source_partition_;
  NumberColumn<std::int64_t> source_offset_, ts_;
  TextColumn reason_, field_, line_;
};

}  // namespace weir::enrich
