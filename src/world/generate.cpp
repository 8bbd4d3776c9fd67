#include "world/generate.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/error.h"
#include "sql/database.h"
#include "world/block_day.h"
#include "world/compressed_file.h"
#include "world/household_truth.h"
#include "world/in_order.h"
#include "world/platform_files.h"
#include "world/truth_file.h"

namespace weir::world {
namespace {

namespace fs = std::filesystem;

// The order of Parquet's rows, and so its bytes, must not depend on threads: DuckDB gets one, the
// threads of the world make the rows.
constexpr std::uint64_t kDatabaseMemory = std::uint64_t{512} << 20;
constexpr std::uint32_t kHouseholdsOfPart = 250;

const Schema& LinesSchema() {
  static const Schema kSchema = TruthSchema({{"topic", TypeKind::kString},
                                             {"file", TypeKind::kString},
                                             {"line", TypeKind::kLong},
                                             {"outcome", TypeKind::kString},
                                             {"reason", TypeKind::kString}});
  return kSchema;
}

// One part of the truth about people: rows of four files, and the ids to be erased.
struct TruthPart {
  TruthRows people;
  TruthRows edges;
  TruthRows propensity;
  TruthRows evidence;
  std::string erased;
};

const Schema& PeopleSchema() {
  static const Schema kSchema = TruthSchema(
      {{"person", TypeKind::kLong}, {"party", TypeKind::kString}, {"user_id", TypeKind::kString}});
  return kSchema;
}

const Schema& EdgesSchema() {
  static const Schema kSchema = TruthSchema({{"party_a", TypeKind::kString},
                                             {"id_a", TypeKind::kString},
                                             {"party_b", TypeKind::kString},
                                             {"id_b", TypeKind::kString},
                                             {"noise", TypeKind::kBoolean}});
  return kSchema;
}

const Schema& PropensitySchema() {
  static const Schema kSchema = TruthSchema({{"person", TypeKind::kLong},
                                             {"segment_id", TypeKind::kLong},
                                             {"probability", TypeKind::kDouble}});
  return kSchema;
}

const Schema& EvidenceSchema() {
  static const Schema kSchema = TruthSchema(
      {{"segment_id", TypeKind::kLong}, {"person", TypeKind::kLong}, {"score", TypeKind::kDouble}});
  return kSchema;
}

const Schema& DomainsSchema() {
  static const Schema kSchema =
      TruthSchema({{"domain", TypeKind::kString}, {"category", TypeKind::kString}});
  return kSchema;
}

void AddIds(const World& world, const HouseholdTruth& truth, const Person& person,
            TruthPart& part) {
  for (const HouseholdTruth::KnownId& id : truth.IdsOf(person)) {
    std::string text;
    AppendId(world.options.seed, id.party, id.cookies, text);
    part.people.AddInteger(0, person.number);
    part.people.AddText(1, PartyName(id.party));
    part.people.AddText(2, text);
    if (person.erased && id.cookies.kind != CookieKind::kShared) {
      part.erased +=
          fmt::format("{{\"party\":\"{}\",\"user_id\":\"{}\"}}\n", PartyName(id.party), text);
    }
  }
}

void AddScores(const World& world, const HouseholdTruth& truth, const Person& person,
               TruthPart& part) {
  const std::vector<double> scores = ConversionGiven(world, truth.EvidenceOf(person));
  for (std::uint32_t segment = 0; segment < world.options.segments; ++segment) {
    const Probability probability = world.archetypes.Conversion(segment, person.archetype);
    part.propensity.AddInteger(0, person.number);
    part.propensity.AddInteger(1, SegmentId(segment));
    part.propensity.AddReal(2, static_cast<double>(probability) / static_cast<double>(kCertain));
    part.evidence.AddInteger(0, SegmentId(segment));
    part.evidence.AddInteger(1, person.number);
    part.evidence.AddReal(2, scores[segment]);
  }
}

void AddEdges(const HouseholdTruth& truth, TruthPart& part) {
  for (const ShownEdge& edge : truth.edges()) {
    part.edges.AddText(0, edge.party_a);
    part.edges.AddText(1, edge.id_a);
    part.edges.AddText(2, edge.party_b);
    part.edges.AddText(3, edge.id_b);
    part.edges.AddBoolean(4, edge.noise);
  }
}

TruthPart MakeTruthPart(const World& world, std::uint32_t index) {
  const std::uint32_t num_households = (world.options.people - 1) / kHouseholdSize + 1;
  const std::uint32_t first = index * kHouseholdsOfPart;
  const std::uint32_t end = std::min(first + kHouseholdsOfPart, num_households);
  TruthPart part = {.people = TruthRows(PeopleSchema()),
                    .edges = TruthRows(EdgesSchema()),
                    .propensity = TruthRows(PropensitySchema()),
                    .evidence = TruthRows(EvidenceSchema()),
                    .erased = {}};
  for (std::uint32_t household = first; household < end; ++household) {
    const HouseholdTruth truth(world, household);
    for (const Person& person : truth.members()) {
      AddIds(world, truth, person, part);
      AddScores(world, truth, person, part);
    }
    AddEdges(truth, part);
  }
  return part;
}

Batch LineRows(const RawFile& file) {
  TruthRows rows(LinesSchema());
  std::int64_t line = 0;
  for (const Outcome outcome : file.outcomes) {
    rows.AddText(0, FeedName(file.feed));
    rows.AddText(1, file.path);
    rows.AddInteger(2, ++line);
    rows.AddText(3, OutcomeName(outcome));
    rows.AddText(4, ReasonName(outcome));
  }
  return std::move(rows).Finish();
}

void PrepareFolder(const fs::path& folder) {
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem || !fs::is_directory(folder)) {
    throw UserError("--out '{}': {}", folder.string(),
                    problem ? problem.message() : "there is a file of this name");
  }
  if (!fs::is_empty(folder)) {
    throw UserError("--out '{}': there is something in it; a world needs a new or empty folder",
                    folder.string());
  }
}

// One generation, from options to files.
class Generation {
 public:
  Generation(const WorldOptions& options, std::stop_token stop,
             const std::function<void(const Progress&)>& progress)
      : world_(options),
        database_({.memory_bytes = kDatabaseMemory, .threads = 1, .spill_folder = {}}),
        stop_(std::move(stop)),
        progress_(progress) {}

  WorldSummary Run() {
    PrepareFolder(world_.options.folder);
    MakeFolders();
    WriteRaw();
    WriteTruth();
    WriteDomains();
    WritePlatformFiles(world_, world_.options.folder / "platform");
    WriteFile(world_.options.folder / "world.json", OptionsJson(world_.options));
    return summary_;
  }

 private:
  void MakeFolders();
  void WriteRaw();
  void WriteTruth();
  void WriteDomains();
  BlockDay MakeAndWrite(std::size_t part) const;
  void WritePartners(const PartnerFiles& partners, std::uint32_t block, std::uint32_t day) const;
  fs::path TruthPath(std::string_view name) const {
    return world_.options.folder / "truth" / fmt::format("{}.parquet", name);
  }
  std::string DayText(std::uint32_t day) const {
    return FormatDate(world_.options.start_day + static_cast<std::int32_t>(day));
  }
  void CheckStop() const {
    if (stop_.stop_requested()) {
      throw CancelledError();
    }
  }

  World world_;
  sql::Database database_;
  std::stop_token stop_;
  const std::function<void(const Progress&)>& progress_;
  WorldSummary summary_;
};

void Generation::MakeFolders() {
  fs::create_directories(world_.options.folder / "truth");
  for (std::uint32_t day = 0; day < world_.options.days; ++day) {
    for (std::size_t feed = 0; feed < kNumFeeds; ++feed) {
      fs::create_directories(world_.options.folder / "raw" / FeedName(static_cast<Feed>(feed)) /
                             DayText(day));
    }
    if (world_.options.partners) {
      fs::create_directories(world_.options.folder / "partners/sharethis" / DayText(day));
      fs::create_directories(world_.options.folder / "partners/33across" / DayText(day));
    }
  }
}

void Generation::WritePartners(const PartnerFiles& partners, std::uint32_t block,
                               std::uint32_t day) const {
  const fs::path folder = world_.options.folder / "partners";
  WriteFile(folder / "sharethis" / DayText(day) / fmt::format("part-{:05}.json.gz", block),
            Compressed(partners.sharethis, Compression::kGzip));
  WriteFile(folder / "33across" / DayText(day) / fmt::format("part-{:05}.tsv.gz", block),
            Compressed(partners.across33, Compression::kGzip));
}

// The bytes are written here, on the thread that makes them; the outcomes go on.
BlockDay Generation::MakeAndWrite(std::size_t part) const {
  CheckStop();
  const std::uint32_t num_blocks = NumBlocks(world_.options);
  const auto block = static_cast<std::uint32_t>(part % num_blocks);
  const auto day = static_cast<std::uint32_t>(part / num_blocks);
  BlockDay made = WriteBlockDay(world_, block, day);
  if (world_.options.partners) {
    WritePartners(made.partners, block, day);
    made.partners = {};
  }
  return made;
}

void Generation::WriteRaw() {
  TruthFile lines(database_, TruthPath("lines"), LinesSchema(), stop_);
  const std::size_t total = std::size_t{NumBlocks(world_.options)} * world_.options.days;
  std::size_t done = 0;
  InOrder<BlockDay>(total, world_.options.threads, [this](std::size_t part) {
    return MakeAndWrite(part);
  }).Run([&](const BlockDay& made) {
    for (const RawFile& file : made.files) {
      summary_.lines += file.outcomes.size();
      ++summary_.files;
      if (!file.outcomes.empty()) {
        lines.Add(LineRows(file));
      }
    }
    progress_({.stage = "raw files", .done = ++done, .total = total});
  });
  lines.Close();
}

void Generation::WriteTruth() {
  TruthFile people(database_, TruthPath("people"), PeopleSchema(), stop_);
  TruthFile edges(database_, TruthPath("edges"), EdgesSchema(), stop_);
  TruthFile propensity(database_, TruthPath("propensity"), PropensitySchema(), stop_);
  TruthFile evidence(database_, TruthPath("evidence_oracle"), EvidenceSchema(), stop_);
  const std::size_t total = ((world_.options.people - 1) / kHouseholdSize) / kHouseholdsOfPart + 1;
  std::size_t done = 0;
  std::string erased;
  InOrder<TruthPart>(total, world_.options.threads, [this](std::size_t part) {
    CheckStop();
    return MakeTruthPart(world_, static_cast<std::uint32_t>(part));
  }).Run([&](TruthPart part) {
    people.Add(std::move(part.people).Finish());
    edges.Add(std::move(part.edges).Finish());
    propensity.Add(std::move(part.propensity).Finish());
    evidence.Add(std::move(part.evidence).Finish());
    erased += part.erased;
    progress_({.stage = "truth", .done = ++done, .total = total});
  });
  people.Close();
  edges.Close();
  propensity.Close();
  evidence.Close();
  if (world_.options.rates.erased > 0) {
    WriteFile(world_.options.folder / "erased.ndjson", erased);
  }
}

void Generation::WriteDomains() {
  // Portals have every topic: IAB12 is News.
  std::map<std::string, std::string_view> categories;
  for (const Site& site : world_.sites.sites()) {
    categories[site.domain] = site.topic == kEveryTopic ? "IAB12" : Topics()[site.topic].category;
  }
  for (const Advertiser& advertiser : world_.sites.advertisers()) {
    categories[advertiser.domain] = Topics()[advertiser.topic].category;
  }
  TruthFile domains(database_, TruthPath("domains"), DomainsSchema(), stop_);
  TruthRows rows(DomainsSchema());
  for (const auto& [domain, category] : categories) {
    rows.AddText(0, domain);
    rows.AddText(1, category);
  }
  domains.Add(std::move(rows).Finish());
  domains.Close();
}

}  // namespace

WorldSummary GenerateWorld(const WorldOptions& options, std::stop_token stop,
                           const std::function<void(const Progress&)>& progress) {
  CheckOptions(options);
  return Generation(options, std::move(stop), progress).Run();
}

}  // namespace weir::world
