#include "world/block_day.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "base/byte_order_mark.h"
#include "base/clock.h"
#include "world/compressed_file.h"
#include "world/line_writer.h"
#include "world/malformed_lines.h"
#include "world/partner_lines.h"
#include "world/person_days.h"

namespace weir::world {
namespace {

// One line that a file will have, and when it arrived: seconds into the file's day.
struct PlannedLine {
  std::uint32_t arrival = 0;
  std::uint32_t event = 0;
  std::uint8_t copy = 0;
};

constexpr std::uint8_t kRedelivery = 7;  // copy numbers of lines that come in another file
constexpr std::uint8_t kStray = 8;

struct Plan {
  std::vector<RawEvent> events;
  std::vector<bool> counted;  // whether the line that counts stands in a file before
  std::array<std::vector<PlannedLine>, kNumFeeds> lines;
};

std::uint32_t FirstPerson(const WorldOptions& options, std::uint32_t block) {
  return block * options.people_per_file;
}

std::uint32_t EndPerson(const WorldOptions& options, std::uint32_t block) {
  return std::min(FirstPerson(options, block) + options.people_per_file, options.people);
}

// Who in `block` has a line in the file before, too. Ascending.
std::vector<std::uint32_t> StraysOf(const World& world, std::uint32_t block, std::uint32_t day) {
  std::vector<std::uint32_t> people;
  if (block == 0 || block >= NumBlocks(world.options)) {
    return people;
  }
  RandomStream random(world.options.seed,
                      {.purpose = Purpose::kStray, .entity = block, .part = day});
  const std::uint32_t first = FirstPerson(world.options, block);
  const std::uint32_t count = EndPerson(world.options, block) - first;
  const std::uint64_t expected = world.options.rates.strays * count;
  const std::uint64_t number =
      (expected >> kFixedBits) + (random.Chance(expected & (kCertain - 1)) ? 1 : 0);
  for (std::uint64_t index = 0; index < number; ++index) {
    people.push_back(first + random.Below(count));
  }
  std::ranges::sort(people);
  people.erase(std::ranges::unique(people).begin(), people.end());
  return people;
}

bool IsRedelivered(const World& world, std::uint32_t person, std::uint32_t day) {
  RandomStream random(world.options.seed,
                      {.purpose = Purpose::kStray, .entity = ~person, .part = day});
  return random.Chance(world.options.rates.redelivered);
}

// A time of the day for a line that belongs to another file or came late.
std::uint32_t AnyArrival(const RawEvent& event, std::uint32_t salt) {
  return (event.person * 2654435761U + event.sequence * 40503U + salt * 97U) % 86400;
}

void PlanLine(Plan& plan, std::uint32_t event, std::uint8_t copy, std::uint32_t arrival) {
  plan.lines[static_cast<std::size_t>(plan.events[event].feed)].push_back(
      {.arrival = arrival, .event = event, .copy = copy});
}

void PlanOwnEvents(const World& world, std::uint32_t day, Plan& plan) {
  plan.counted.resize(plan.events.size());
  for (std::uint32_t index = 0; index < plan.events.size(); ++index) {
    const RawEvent& event = plan.events[index];
    const std::int64_t since = event.time - world.StartOf(day);
    const std::uint32_t arrival =
        since < 0 ? AnyArrival(event, 0) : static_cast<std::uint32_t>(since / 1000);
    PlanLine(plan, index, 0, arrival);
    for (std::uint8_t copy = 1; copy <= event.copies; ++copy) {
      PlanLine(plan, index, copy, arrival + AnyArrival(event, copy) % 900);
    }
  }
}

// Appends the line of `person` on `day` that stands in more than one file. Without such: nothing.
void PlanForeignLine(const World& world, std::uint32_t person, std::uint32_t day, std::uint8_t copy,
                     Plan& plan) {
  std::vector<RawEvent> events;
  AppendPersonDay(world, MakePerson(world.options, person), day, events);
  const std::size_t found = FirstRepeatable(events, 0);
  if (found == events.size()) {
    return;
  }
  plan.events.push_back(events[found]);
  plan.counted.push_back(copy == kRedelivery);
  PlanLine(plan, static_cast<std::uint32_t>(plan.events.size() - 1), copy,
           AnyArrival(events[found], copy));
}

Plan MakePlan(const World& world, std::uint32_t block, std::uint32_t day) {
  const std::vector<std::uint32_t> strays = StraysOf(world, block, day);
  const std::uint32_t first = FirstPerson(world.options, block);
  const std::uint32_t end = EndPerson(world.options, block);
  Plan plan;
  constexpr std::size_t kUsualEvents = 6;  // of a person on a day
  plan.events.reserve(kUsualEvents * (end - first));
  std::vector<std::uint32_t> counted;
  for (std::uint32_t person = first; person < end; ++person) {
    const std::size_t start = plan.events.size();
    AppendPersonDay(world, MakePerson(world.options, person), day, plan.events);
    if (std::ranges::binary_search(strays, person)) {
      const std::size_t found = FirstRepeatable(plan.events, start);
      if (found < plan.events.size()) {
        counted.push_back(static_cast<std::uint32_t>(found));
      }
    }
  }
  AppendCrawlerDay(world, {.block = block, .people = end - first}, day, plan.events);
  PlanOwnEvents(world, day, plan);
  for (const std::uint32_t event : counted) {
    plan.counted[event] = true;
  }
  for (const std::uint32_t person : StraysOf(world, block + 1, day)) {
    PlanForeignLine(world, person, day, kStray, plan);
  }
  for (std::uint32_t person = first; day > 0 && person < end; ++person) {
    if (IsRedelivered(world, person, day - 1)) {
      PlanForeignLine(world, person, day - 1, kRedelivery, plan);
    }
  }
  return plan;
}

// Writes the lines of one file, with what files have beside events: a byte-order mark, line ends of
// two kinds, empty lines, a last line without end. Text that isn't compressed goes out in pieces
// that stay in the processor's cache; what is, is compressed whole.
class FileWriter {
 public:
  FileWriter(const World& world, Plan& plan, RandomStream random, RawFile& file)
      : world_(world),
        plan_(plan),
        random_(random),
        file_(file),
        output_(world.options.folder / "raw" / FeedName(file.feed) / file.path) {
    has_mark_ = random_.Below(8) == 0;
    windows_lines_ = random_.Below(8) == 0;
    is_cut_ = random_.Below(4) == 0;
  }

  void Write(const std::vector<PlannedLine>& lines) {
    file_.outcomes.reserve(lines.size() + lines.size() / 64);
    if (has_mark_) {
      text_ += kByteOrderMark;
    }
    for (const PlannedLine& line : lines) {
      WriteFullPiece();
      if (random_.Chance(world_.options.rates.empty)) {
        AppendNoise(random_, text_);
        EndLine(Outcome::kNotJson);
      }
      WriteLine(line);
    }
    if (is_cut_ && !lines.empty()) {
      text_.resize(text_.size() - (windows_end_ ? 2 : 1));
    }
    if (is_packed()) {
      text_ = Compressed(text_, world_.options.compression);
    }
    output_.Append(text_);
  }

 private:
  bool is_packed() const { return world_.options.compression != Compression::kNone; }

  // Leaves the last line, which may lose its end.
  void WriteFullPiece() {
    constexpr std::size_t kPiece = 131'072;
    if (!is_packed() && text_.size() >= kPiece) {
      output_.Append(text_);
      text_.clear();
    }
  }

  void WriteLine(const PlannedLine& line) {
    const RawEvent& event = plan_.events[line.event];
    if (IsBad(event.outcome)) {
      AppendMalformedLine(world_, event, text_);
      EndLine(event.outcome);
      return;
    }
    const std::size_t start = text_.size();
    AppendLine(world_, event, line.copy, {}, text_);
    if (random_.Below(50000) == 0) {
      Lengthen(start);
    }
    EndLine(plan_.counted[line.event] ? Outcome::kDuplicate : event.outcome);
    plan_.counted[line.event] = true;
  }

  // To the greatest length that is allowed.
  void Lengthen(std::size_t start) {
    text_.back() = ',';
    text_ += R"("padding":""})";
    text_.insert(text_.size() - 2, start + kLongestLine - text_.size(), 'y');
  }

  void EndLine(Outcome outcome) {
    windows_end_ = windows_lines_ && random_.Below(4) != 0;
    text_ += windows_end_ ? "\r\n" : "\n";
    file_.outcomes.push_back(outcome);
  }

  const World& world_;
  Plan& plan_;
  RandomStream random_;
  RawFile& file_;
  OutputFile output_;
  std::string text_;  // that isn't written yet
  bool has_mark_ = false;
  bool windows_lines_ = false;
  bool windows_end_ = false;  // of the last line
  bool is_cut_ = false;
};

std::string_view PathEnd(Compression compression) {
  switch (compression) {
    case Compression::kGzip:
      return ".gz";
    case Compression::kZstd:
      return ".zst";
    default:
      return "";
  }
}

}  // namespace

std::uint32_t NumBlocks(const WorldOptions& options) {
  return (options.people - 1) / options.people_per_file + 1;
}

BlockDay WriteBlockDay(const World& world, std::uint32_t block, std::uint32_t day) {
  Plan plan = MakePlan(world, block, day);
  BlockDay made;
  if (world.options.partners) {
    AppendPartnerLines(world, plan.events, made.partners);
  }
  const std::string path =
      fmt::format("{}/part-{:05}.ndjson{}",
                  FormatDate(world.options.start_day + static_cast<std::int32_t>(day)), block,
                  PathEnd(world.options.compression));
  for (std::size_t feed = 0; feed < kNumFeeds; ++feed) {
    std::vector<PlannedLine>& lines = plan.lines[feed];
    std::ranges::sort(lines, {}, [](const PlannedLine& line) {
      return std::tuple(line.arrival, line.event, line.copy);
    });
    RawFile& file = made.files[feed];
    file.feed = static_cast<Feed>(feed);
    file.path = path;
    RandomStream random(world.options.seed, {.purpose = Purpose::kFile,
                                             .entity = block * 4 + static_cast<std::uint32_t>(feed),
                                             .part = day});
    FileWriter(world, plan, random, file).Write(lines);
  }
  return made;
}

}  // namespace weir::world
