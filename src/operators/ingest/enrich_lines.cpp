#include "operators/ingest/enrich_lines.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/process.h"
#include "data/cells.h"
#include "data/column_builder.h"
#include "enrich/chain.h"
#include "enrich/consent.h"
#include "enrich/enriched_columns.h"
#include "operators/ingest/kept_chains.h"
#include "operators/ingest/known_events.h"
#include "operators/ingest/seen_events.h"
#include "operators/ingest/suppressed_list.h"

namespace weir::operators {
namespace {

using enrich::Verdict;
using Json = nlohmann::json;

constexpr auto kLines = "lines";
constexpr auto kKnown = "known";
constexpr auto kKnownSuppressed = "known_suppressed";
constexpr auto kSuppressedIds = "suppressed_ids";
constexpr auto kGood = "good";
constexpr auto kBad = "bad";
constexpr auto kLedger = "ledger";
constexpr auto kSuppressed = "suppressed";

const std::map<std::string, enrich::LineFormat>& Formats() {
  static const std::map<std::string, enrich::LineFormat> kFormats = {
      {"events", enrich::LineFormat::kRawEvent},
      {"mapping", enrich::LineFormat::kRawMapping},
      {"sharethis", enrich::LineFormat::kShareThis},
      {"33across", enrich::LineFormat::kAcross33},
      {"access_log", enrich::LineFormat::kAccessLog},
      {"enriched", enrich::LineFormat::kEnriched},
      {"enriched_mapping", enrich::LineFormat::kEnrichedMapping}};
  return kFormats;
}

std::vector<std::string> FormatNames() {
  std::vector<std::string> names;
  for (const auto& [name, format] : Formats()) {
    names.push_back(name);
  }
  return names;
}

Field Column(std::string_view name, TypeKind kind, bool nullable = true) {
  return {.name = std::string(name), .type = PlainType(kind), .nullable = nullable};
}

Schema LedgerSchema() {
  Schema schema{{Column("source", TypeKind::kString, false),
                 Column("source_partition", TypeKind::kString, false),
                 Column("first_offset", TypeKind::kLong, false),
                 Column("last_offset", TypeKind::kLong, false),
                 Column("lines_in", TypeKind::kLong, false)}};
  for (std::size_t verdict = 0; verdict < enrich::kNumVerdicts; ++verdict) {
    schema.fields.push_back(Column(NameOf(static_cast<Verdict>(verdict)), TypeKind::kLong, false));
  }
  return schema;
}

Schema SuppressedSchema() {
  return {{Column("source", TypeKind::kString, false), Column("event_id", TypeKind::kString, false),
           Column("reason", TypeKind::kString, false), Column("dt", TypeKind::kString, false)}};
}

enrich::ChainLinks LinksOf(const Json& settings) {
  enrich::ChainLinks links;
  const std::map<std::string, bool enrich::ChainLinks::*> names = {
      {"event_ids", &enrich::ChainLinks::event_ids},
      {"junk_ids", &enrich::ChainLinks::junk_ids},
      {"bots", &enrich::ChainLinks::bots},
      {"geo", &enrich::ChainLinks::geo},
      {"consent", &enrich::ChainLinks::consent},
      {"ip", &enrich::ChainLinks::ip},
      {"url", &enrich::ChainLinks::url},
      {"user_agent", &enrich::ChainLinks::user_agent},
      {"region", &enrich::ChainLinks::region}};
  for (const std::string name : settings.at("off")) {
    const auto link = names.find(name);
    if (link == names.end()) {
      std::vector<std::string> allowed;
      allowed.reserve(names.size());
      for (const auto& [known, member] : names) {
        allowed.push_back(known);
      }
      throw UserError("setting 'off' has '{}'; allowed: {}", name,
                      fmt::to_string(fmt::join(allowed, ", ")));
    }
    links.*link->second = false;
  }
  return links;
}

// What enriched lines call their fields. Throws UserError for a field that there isn't, and for two
// of one name.
std::map<std::string, std::string> FieldsOf(const Json& settings) {
  std::map<std::string, std::string> fields;
  const std::vector<std::string_view> known = enrich::EnrichedNames();
  for (const auto& [name, other] : settings.at("fields").items()) {
    if (std::ranges::find(known, name) == known.end()) {
      throw UserError("setting 'fields' has '{}'; allowed: {}", name,
                      fmt::to_string(fmt::join(known, ", ")));
    }
    fields[name] = other.get<std::string>();
  }
  std::map<std::string, std::string_view> by_name;
  for (const std::string_view name : known) {
    const auto other = fields.find(std::string(name));
    const std::string there(other == fields.end() ? name : other->second);
    if (const auto [taken, is_new] = by_name.try_emplace(there, name); !is_new && !there.empty()) {
      throw UserError(
          "setting 'fields': '{}' stands for both '{}' and '{}'; \"\" is for a field that lines "
          "don't have",
          there, taken->second, name);
    }
  }
  return fields;
}

// "1, 3, 4".
std::vector<int> PurposesOf(const std::string& text) {
  std::vector<int> purposes;
  const char* const end = text.data() + text.size();
  for (const char* next = text.data(); next < end;) {
    int purpose = 0;
    const auto [after, problem] = std::from_chars(next, end, purpose);
    if (problem != std::errc()) {
      throw UserError("setting 'purposes' is '{}'; numbers with commas between are allowed", text);
    }
    purposes.push_back(purpose);
    next = std::find_if(after, end, [](char letter) { return letter != ',' && letter != ' '; });
  }
  return purposes;
}

enrich::ConsentRules ConsentOf(const Json& settings) {
  return {.vendor = static_cast<int>(settings.at("vendor").get<std::int64_t>()),
          .purposes = PurposesOf(settings.at("purposes").get<std::string>())};
}

enrich::ChainSettings ChainSettingsOf(const Json& settings) {
  enrich::ChainSettings chain;
  chain.lines = {.format = Formats().at(settings.at("format").get<std::string>()),
                 .party = settings.at("party").get<std::string>(),
                 .base_url = settings.at("base_url").get<std::string>(),
                 .fields = FieldsOf(settings)};
  chain.source = settings.at("source").get<std::string>();
  chain.now = Now();
  chain.links = LinksOf(settings);
  chain.consent = ConsentOf(settings);
  chain.query_keys = settings.at("query_keys").get<std::vector<std::string>>();
  chain.threads = AvailableProcessors();
  return chain;
}

constexpr double kLongestHorizon = 36'500;  // days

// What became of lines of one partition.
struct PartitionCounts {
  std::string_view partition;
  std::int64_t first_offset = 0;
  std::int64_t last_offset = 0;
  enrich::SourceCounts counts{};
};

// Kafka's partitions are numbers; some of its offsets are no messages.
bool MayHaveGaps(std::string_view partition) {
  return std::ranges::all_of(partition, [](char letter) { return letter >= '0' && letter <= '9'; });
}

// One for each partition of Kafka and for each file, in the order in which they first come; of
// files one for each gap, where lines are missing that should be there.
std::vector<PartitionCounts> CountsByPartition(const std::vector<enrich::SourceLines>& sources,
                                               const std::vector<enrich::SourceCounts>& counts) {
  std::vector<PartitionCounts> sums;
  std::map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const std::int64_t first = sources[i].first_offset;
    const std::int64_t last = first + counts[i].lines_in - 1;
    const auto [place, is_new] = places.try_emplace(sources[i].partition, sums.size());
    if (is_new || !MayHaveGaps(sources[i].partition)) {
      sums.push_back({.partition = sources[i].partition,
                      .first_offset = first,
                      .last_offset = last,
                      .counts = counts[i]});
      continue;
    }
    PartitionCounts& sum = sums[place->second];
    sum.first_offset = std::min(sum.first_offset, first);
    sum.last_offset = std::max(sum.last_offset, last);
    sum.counts.lines_in += counts[i].lines_in;
    for (std::size_t verdict = 0; verdict < enrich::kNumVerdicts; ++verdict) {
      sum.counts.by_verdict.at(verdict) += counts[i].by_verdict.at(verdict);
    }
  }
  return sums;
}

// Lines as they come from SQL: the batches are kept, the lines are views into them.
class LinesOfBatch {
 public:
  void Read(sql::Result result) {
    while (auto batch = result.NextBatch()) {
      batches_.push_back(*std::move(batch));
      Add(*batches_.back().get());
    }
  }

  // Valid as long as this is.
  std::vector<enrich::SourceLines> Sources() const {
    std::vector<enrich::SourceLines> sources;
    sources.reserve(parts_.size());
    for (const Part& part : parts_) {
      sources.push_back(
          {.partition = part.partition, .first_offset = part.first_offset, .lines = part.lines});
    }
    return sources;
  }

 private:
  struct Part {
    std::string partition;
    std::int64_t first_offset = 1;
    std::vector<std::string_view> lines{};
  };

  void Add(const ArrowArray& rows) {
    for (std::int64_t row = 0; row < rows.length; ++row) {
      const std::string_view partition = BytesAt(*rows.children[0], row);
      const std::int64_t offset = IntegerAt(*rows.children[1], row);
      const bool goes_on = !parts_.empty() && parts_.back().partition == partition &&
                           parts_.back().first_offset + std::ssize(parts_.back().lines) == offset;
      if (!goes_on) {
        parts_.push_back({.partition = std::string(partition), .first_offset = offset});
      }
      parts_.back().lines.push_back(BytesAt(*rows.children[2], row));
    }
  }

  std::vector<Batch> batches_;
  std::vector<Part> parts_;
};

BatchSource SourceOf(std::vector<Batch> batches) {
  auto rest = std::make_shared<std::vector<Batch>>(std::move(batches));
  return [rest, next = std::size_t{0}]() mutable -> std::optional<Batch> {
    return next < rest->size() ? std::optional(std::move((*rest)[next++])) : std::nullopt;
  };
}

// What the operator keeps from batch to batch.
struct KeptParts {
  ReferenceStore references;
  ChainStore chains;
  SeenEventsStore seen;
};

// One batch of one topic.
class TopicRun {
 public:
  TopicRun(OperatorContext& context, KeptParts& kept)
      : context_(context),
        kept_(kept),
        settings_(ChainSettingsOf(context.settings())),
        horizon_(
            static_cast<std::int32_t>(context.settings().at("horizon_days").get<std::int64_t>())) {}

  void Run() {
    const auto relation = context_.Relation(kLines);
    assert(relation);  // the operator declares it
    LinesOfBatch lines;
    lines.Read(context_.Query(
        fmt::format("SELECT source_partition, source_offset, line FROM {}", *relation)));
    const std::vector<enrich::SourceLines> sources = lines.Sources();
    std::unique_ptr<KeptChain> chain = TakeChain();
    enrich::ParsedLines parsed = chain->chain().Parse(sources);
    const std::vector<std::int32_t> days = parsed.days();
    SeenEvents seen = kept_.seen.Take(settings_.source, Origins());
    const KnownEvents known(context_, {.known = kKnown, .suppressed = kKnownSuppressed}, horizon_);
    known.Load(parsed, seen.index);
    enrich::EnrichedLines enriched = chain->chain().Enrich(std::move(parsed), seen.index);
    const Schema good = chain->chain().GoodSchema();
    kept_.chains.Return(ChainKey(), std::move(chain));
    known.Forget(days, seen.index);
    const bool is_written = !enriched.good.empty() || !enriched.suppressed.empty();
    if (is_written) {
      seen.origins = {WrittenOrigins(enriched)};
    }
    kept_.seen.Return(settings_.source, std::move(seen));
    Give(sources, good, std::move(enriched));
  }

 private:
  // What the two tables of known events stand for together.
  std::string Origins() const {
    return context_.Origin(kKnown) + "|" + context_.Origin(kKnownSuppressed);
  }
  // The same once this run has committed.
  std::string WrittenOrigins(const enrich::EnrichedLines& enriched) const {
    return (enriched.good.empty() ? context_.Origin(kKnown) : context_.attempt()) + "|" +
           (enriched.suppressed.empty() ? context_.Origin(kKnownSuppressed) : context_.attempt());
  }

  // A chain depends on nothing else, but for what Renew() sets.
  std::string ChainKey() const {
    return context_.project_folder().string() + "\n" + context_.settings().dump();
  }

  std::unique_ptr<KeptChain> TakeChain() {
    std::unique_ptr<KeptChain> chain = kept_.chains.Take(ChainKey());
    if (chain == nullptr) {
      chain = std::make_unique<KeptChain>(
          settings_, kept_.references.Load(context_.settings(), context_.project_folder()));
    }
    chain->Renew(settings_.now, ReadSuppressedIds(context_, kSuppressedIds));
    return chain;
  }

  void Give(const std::vector<enrich::SourceLines>& sources, const Schema& good,
            enrich::EnrichedLines enriched) {
    context_.Give(kLedger, LedgerSchema(), SourceOf(LedgerRows(sources, enriched.counts)));
    context_.Give(kSuppressed, SuppressedSchema(), SourceOf(SuppressedRows(enriched.suppressed)));
    context_.Give(kGood, good, SourceOf(std::move(enriched.good)));
    context_.Give(kBad, enrich::Chain::BadSchema(), SourceOf(std::move(enriched.bad)));
  }

  std::vector<Batch> LedgerRows(const std::vector<enrich::SourceLines>& sources,
                                const std::vector<enrich::SourceCounts>& counts) const {
    TextColumn source;
    TextColumn partition;
    std::vector<NumberColumn<std::int64_t>> numbers(3 + enrich::kNumVerdicts);
    const std::vector<PartitionCounts> sums = CountsByPartition(sources, counts);
    for (const PartitionCounts& sum : sums) {
      source.Append(settings_.source);
      partition.Append(sum.partition);
      numbers[0].Append(sum.first_offset);
      numbers[1].Append(sum.last_offset);
      numbers[2].Append(sum.counts.lines_in);
      for (std::size_t verdict = 0; verdict < enrich::kNumVerdicts; ++verdict) {
        numbers[3 + verdict].Append(sum.counts.by_verdict.at(verdict));
      }
    }
    std::vector<Batch> columns;
    columns.push_back(source.Finish());
    columns.push_back(partition.Finish());
    for (auto& column : numbers) {
      columns.push_back(column.Finish());
    }
    std::vector<Batch> rows;
    rows.push_back(StructOfColumns(sums.size(), std::move(columns)));
    return rows;
  }

  std::vector<Batch> SuppressedRows(const std::vector<enrich::SuppressedEvent>& events) const {
    TextColumn source;
    TextColumn id;
    TextColumn reason;
    TextColumn day;
    for (const enrich::SuppressedEvent& suppressed : events) {
      source.Append(settings_.source);
      id.Append(ToHex(suppressed.event.id));
      reason.Append(NameOf(suppressed.verdict));
      day.Append(FormatDate(suppressed.event.day));
    }
    std::vector<Batch> columns;
    columns.push_back(source.Finish());
    columns.push_back(id.Finish());
    columns.push_back(reason.Finish());
    columns.push_back(day.Finish());
    std::vector<Batch> rows;
    rows.push_back(StructOfColumns(events.size(), std::move(columns)));
    return rows;
  }

  OperatorContext& context_;
  KeptParts& kept_;
  enrich::ChainSettings settings_;
  std::int32_t horizon_;
};

class EnrichLines final : public Operator {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
        .name = "enrich_lines",
        .doc =
            "The enrichment chain over the lines of a topic: good events, bad lines, a count of "
            "what became of each line, and which events were suppressed.",
        .version = 1,
        .arguments = Arguments(),
        .outputs = {kGood, kBad, kLedger, kSuppressed},
        .settings = Settings()};
    return kDeclaration;
  }

  std::vector<Schema> Outputs(const Json& settings,
                              const std::map<std::string, Schema>& /*inputs*/) const override {
    LinksOf(settings);
    FieldsOf(settings);
    // Throws for numbers that there aren't.
    [[maybe_unused]] const enrich::ConsentReader consent(ConsentOf(settings));
    const bool is_mapping = enrich::IsMapping(Formats().at(settings.at("format")));
    return {
        is_mapping ? enrich::MappingColumns::TableSchema() : enrich::EventColumns::TableSchema(),
        enrich::Chain::BadSchema(), LedgerSchema(), SuppressedSchema()};
  }

  Split SplitOf(const Json& /*settings*/) const override { return {}; }

  void Prepare(const Json& settings, const std::filesystem::path& project_folder) const override {
    kept_.references.LoadAhead(settings, project_folder);
  }

  void Run(OperatorContext& context) const override { TopicRun(context, kept_).Run(); }

 private:
  static std::vector<Argument> Arguments() {
    const auto text = [](const char* name) { return Column(name, TypeKind::kString); };
    return {{.name = kLines,
             .columns = {text("source_partition"), Column("source_offset", TypeKind::kLong),
                         Column("line", TypeKind::kBinary)},
             .doc = "the lines, as connector 'topic' gives them"},
            {.name = kKnown,
             .columns = {text("event_id"), text("dt")},
             .optional = true,
             .read_again = true,
             .doc = "the topic's events so far"},
            {.name = kKnownSuppressed,
             .columns = {text("source"), text("event_id"), text("dt")},
             .optional = true,
             .read_again = true,
             .doc = "events that were suppressed so far"},
            {.name = kSuppressedIds,
             .columns = {text("hash"), text("key_epoch")},
             .optional = true,
             .read_again = true,
             .doc = "salted hashes of ids that must not be kept"}};
  }

  static std::vector<Setting> Settings() {
    return {
        {.name = "source", .required = true, .doc = "the topic's name: ingested-af"},
        {.name = "party", .standard = "", .doc = "af, st or tt; of a mapping topic empty"},
        {.name = "format",
         .standard = "events",
         .allowed = FormatNames(),
         .doc = "how the lines are written"},
        {.name = "fields",
         .type = SettingType::kObject,
         .standard = Json::object(),
         .doc = "of format enriched: what lines call a column, {user_id: uid, ts: time}; \"\": not "
                "there"},
        {.name = "base_url", .standard = "", .doc = "of an access log: what stands before paths"},
        {.name = "off",
         .type = SettingType::kTexts,
         .standard = Json::array(),
         .doc = "links to leave out: event_ids, junk_ids, bots, geo, consent, ip, url, user_agent, "
                "region"},
        {.name = "vendor",
         .type = SettingType::kInteger,
         .standard = 32,
         .doc = "whose consent is needed"},
        {.name = "purposes",
         .standard = "1, 3, 4",
         .doc = "for what: numbers of the TCF's purposes"},
        {.name = "query_keys",
         .type = SettingType::kTexts,
         .standard = Json::array(),
         .doc = "keys of URLs' queries to keep; \"*\": all"},
        {.name = "geo", .standard = "", .doc = "an MMDB file of the project; else weir's own"},
        {.name = "regions",
         .standard = "reference/regions.tsv",
         .doc = "a file of the project: country, region"},
        {.name = "bot_addresses", .standard = "", .doc = "a file of the project with IP blocks"},
        {.name = "salt",
         .standard = "",
         .doc = "of the hashes of suppressed ids: {secret.adtech.salt}"},
        {.name = "horizon_days",
         .type = SettingType::kInteger,
         .standard = 3,
         .least = 0,
         .most = kLongestHorizon,
         .doc = "ids of so many days before the newest are kept in memory; of 30 days more what "
                "tells that an id is new (3 bytes each)"}};
  }

  mutable KeptParts kept_;  // thread-safe
};

}  // namespace

std::unique_ptr<Operator> MakeEnrichLines() { return std::make_unique<EnrichLines>(); }

}  // namespace weir::operators
