// Streams that read what others write: random projects, with messages that come while streams read
// and send, by this process or by another one, against what was ever written to the first topic.
#include "jobs/plan/feeding_streams.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/test_seed.h"
#include "jobs/plan/plan.h"
#include "jobs/plan/stream_ends.h"

namespace weir::jobs {
namespace {

using connectors::TopicLinks;

// By walks over all pairs, until nothing is new.
std::vector<std::vector<std::size_t>> ObviousFeeders(const std::vector<TopicLinks>& links) {
  const std::size_t count = links.size();
  std::vector<std::vector<bool>> feeds(count, std::vector<bool>(count, false));
  for (std::size_t from = 0; from < count; ++from) {
    for (std::size_t to = 0; to < count; ++to) {
      for (const std::string& topic : links[from].written) {
        feeds[from][to] = feeds[from][to] || std::ranges::count(links[to].read, topic) > 0;
      }
    }
  }
  for (std::size_t by = 0; by < count; ++by) {
    for (std::size_t from = 0; from < count; ++from) {
      for (std::size_t to = 0; to < count; ++to) {
        feeds[from][to] = feeds[from][to] || (feeds[from][by] && feeds[by][to]);
      }
    }
  }
  std::vector<std::vector<std::size_t>> found(count);
  for (std::size_t to = 0; to < count; ++to) {
    for (std::size_t from = 0; from < count; ++from) {
      if (from != to && feeds[from][to]) {
        found[to].push_back(from);
      }
    }
  }
  return found;
}

TEST(FeedingStreams, AreThoseFromWhichTopicsLead) {
  std::mt19937_64 random(TestSeed());
  std::size_t pairs = 0;
  for (int round = 0; round < TestRounds() * 10; ++round) {
    std::vector<TopicLinks> links(1 + random() % 8);
    const std::size_t num_topics = 1 + random() % 8;
    for (std::size_t i = random() % 14; i > 0; --i) {
      TopicLinks& link = links[random() % links.size()];
      (random() % 2 == 0 ? link.read : link.written)
          .push_back(fmt::format("kafka:{}", random() % num_topics));
    }

    const auto found = FeedingStreams(links);

    ASSERT_EQ(found, ObviousFeeders(links));
    for (const auto& feeders : found) {
      pairs += feeders.size();
    }
  }
  EXPECT_GT(pairs, 0);
}

constexpr Micros kLateness = kHour;
constexpr Micros kBegin = 20'458 * kDay;  // 2026-01-05
constexpr auto kLoaded = "reservoir.events";

struct Message {
  Micros time = 0;  // which day it belongs to
  Micros came = 0;  // to the topic; at most kLateness later in the first one
};

struct ModelBatch {
  std::size_t end = 0;  // in the topic that it reads
  Micros read_until = 0;
};

// Reads the topic of its number and writes the next one, the last stream a table.
struct ModelStream {
  std::size_t instance = 0;
  std::vector<ModelBatch> batches;
  std::size_t sent = 0;       // batches
  bool is_under_way = false;  // another process has committed a batch that its ledger doesn't show

  std::size_t next() const { return batches.empty() ? 0 : batches.back().end; }
};

RunRecord DoneRun(const Interval& interval) {
  RunRecord record;
  record.key.interval = interval;
  record.state = RunState::kSucceeded;
  return record;
}

// Topics in a row, and a daily job at their end.
class Chain {
 public:
  explicit Chain(std::uint64_t seed) : random_(seed) {
    streams_.resize(2 + Below(2));
    topics_.resize(streams_.size());
    std::vector<TopicLinks> links;
    MakeProject();
    instances_ = MakeInstances(project_);
    links.resize(instances_.size());
    for (std::size_t i = 0; i < instances_.size(); ++i) {
      const std::string& name = instances_[i].job->name;
      if (name == "daily") {
        daily_ = i;
        continue;
      }
      const std::size_t number = static_cast<std::size_t>(name.back() - '0');
      streams_[number].instance = i;
      links[i] = {.read = {fmt::format("kafka:{}", number)},
                  .written = {fmt::format("kafka:{}", number + 1)}};
    }
    fed_by_ = FeedingStreams(links);
    runs_.resize(instances_.size());
  }

  // What happens outside of the process that is looked at: time, messages, another process.
  void Live(const std::set<std::size_t>& mine) {
    const Micros passed = static_cast<Micros>(Below(4)) * kHour / 2;
    for (std::size_t i = Below(3); i > 0; --i) {
      const Micros came = now_ + static_cast<Micros>(Below(100)) * passed / 100;
      const Micros time = came - static_cast<Micros>(Below(100)) * kLateness / 100;
      topics_[0].push_back({.time = time, .came = came});
      ++written_[time / kDay];
    }
    std::ranges::sort(topics_[0].begin() + static_cast<std::ptrdiff_t>(streams_[0].next()),
                      topics_[0].end(), {}, &Message::came);
    now_ += passed;
    ModelStream& stream = streams_[Below(streams_.size())];
    if (!mine.contains(stream.instance) && Below(2) == 0) {
      ReadBatch(stream);
      stream.is_under_way = Below(2) == 0;
      if (!stream.is_under_way && Below(3) != 0) {
        Send(stream);
      }
      others_ += 1;
    }
  }

  // `weir run` of some of the instances; sending fails now and then.
  void Work(const std::set<std::size_t>& mine, bool all_goes_well) {
    StreamEnds ends;
    std::set<std::pair<std::size_t, Interval>> tried;
    for (;;) {
      PlanFacts facts = Look();
      ends.Limit(mine, facts);
      const Plan plan = MakePlan(instances_, facts, {.instances = mine});
      bool is_new = false;
      for (const PlannedRun& run : plan.runs) {
        is_new = tried.insert({run.instance, run.interval}).second || is_new;
      }
      if (!is_new) {
        return;
      }
      for (const PlannedRun& run : plan.runs) {
        if (!all_goes_well) {
          Live(mine);
        }
        Execute(run, all_goes_well || Below(3) != 0);
      }
    }
  }

  std::set<std::size_t> Some() {
    std::set<std::size_t> chosen;
    for (std::size_t i = 0; i < instances_.size(); ++i) {
      if (Below(4) != 0) {
        chosen.insert(i);
      }
    }
    return chosen;
  }

  // Everybody reads and sends, and two days pass: all days are done then.
  void Settle() {
    std::set<std::size_t> all;
    for (std::size_t i = 0; i < instances_.size(); ++i) {
      all.insert(i);
    }
    for (ModelStream& stream : streams_) {
      stream.is_under_way = false;
    }
    now_ += 2 * kDay;
    Work(all, true);
    Work(all, true);
    const Micros last = loaded_.empty() ? 0 : loaded_.rbegin()->first;
    EXPECT_EQ(loaded_, written_);
    for (const auto& [day, count] : loaded_) {
      EXPECT_TRUE(done_.contains(day)) << "day " << day << " of " << last << " waits for ever";
    }
  }

  int others() const { return others_; }
  std::size_t days() const { return done_.size(); }

 private:
  std::size_t Below(std::size_t bound) { return random_() % bound; }

  void MakeProject() {
    for (std::size_t i = 0; i < streams_.size(); ++i) {
      project::Job job;
      job.name = fmt::format("{}_stream_{}", static_cast<char>('a' + Below(26)), i);
      job.is_stream = true;
      const bool is_last = i + 1 == streams_.size();
      job.writes.emplace_back();
      job.writes.back().table = is_last ? kLoaded : fmt::format("m.outbox_{}", i);
      job.writes.back().mode = project::OutputMode::kAppend;
      project_.jobs.push_back(std::move(job));
    }
    project::Job daily;
    daily.name = "daily";
    daily.schedule.cadence = project::Cadence::kDaily;
    daily.reads.emplace_back();
    daily.reads.back().name = "events";
    daily.reads.back().table = kLoaded;
    daily.writes.emplace_back();
    daily.writes.back().table = "m.report";
    daily.writes.back().mode = project::OutputMode::kReplace;
    project_.jobs.push_back(std::move(daily));
  }

  bool IsLast(const ModelStream& stream) const { return &stream == &streams_.back(); }
  std::size_t NumberOf(const ModelStream& stream) const {
    return static_cast<std::size_t>(&stream - streams_.data());
  }

  SourceFacts FactsOf(const ModelStream& stream) {
    const auto& topic = topics_[NumberOf(stream)];
    SourceFacts facts{.complete_until = now_ - kLateness, .fed_by = fed_by_[stream.instance]};
    if (stream.next() < topic.size()) {
      facts.new_inputs.push_back({.identity = "0",
                                  .next = static_cast<std::int64_t>(stream.next()),
                                  .end = static_cast<std::int64_t>(topic.size())});
    }
    const std::size_t newest = stream.batches.size();
    if (newest > 0) {
      facts.read_until = stream.batches.back().read_until - kLateness;
    }
    if (!IsLast(stream) && stream.sent < newest) {
      facts.unsent = true;
      if (!stream.is_under_way) {
        facts.new_inputs.push_back({.identity = "unsent", .unsent = true});
      }
    }
    if (stream.sent > 0) {
      facts.sent_until = stream.batches[stream.sent - 1].read_until - kLateness;
    }
    return facts;
  }

  PlanFacts Look() {
    PlanFacts facts{.now = now_};
    facts.runs = runs_;
    facts.sources.resize(instances_.size());
    facts.code_hashes.resize(instances_.size());
    for (const ModelStream& stream : streams_) {
      facts.sources[stream.instance] = FactsOf(stream);
    }
    TableFacts& table = facts.tables[kLoaded];
    table.has_intervals = true;
    if (!loaded_.empty()) {
      table.latest = 1;
      table.extent = {.start = loaded_.begin()->first * kDay,
                      .end = (loaded_.rbegin()->first + 1) * kDay};
    }
    return facts;
  }

  void ReadBatch(ModelStream& stream) {
    const auto& topic = topics_[NumberOf(stream)];
    const std::size_t begin = stream.next();
    const std::size_t end = std::min(topic.size(), begin + 1 + Below(16));
    stream.batches.push_back(
        {.end = end, .read_until = end == topic.size() ? now_ : topic[end - 1].came});
    for (std::size_t i = begin; i < end && IsLast(stream); ++i) {
      ++loaded_[topic[i].time / kDay];
    }
    runs_[stream.instance].succeeded.push_back(DoneRun(NextBatch(runs_[stream.instance])));
  }

  void Send(ModelStream& stream) {
    stream.is_under_way = false;
    const auto begin = stream.sent == 0 ? 0 : stream.batches[stream.sent - 1].end;
    const std::size_t number = NumberOf(stream);
    for (std::size_t i = begin; i < stream.next() && !IsLast(stream); ++i) {
      topics_[number + 1].push_back({.time = topics_[number][i].time, .came = now_});
    }
    stream.sent = stream.batches.size();
  }

  void Execute(const PlannedRun& run, bool arrives) {
    if (run.instance == daily_) {
      const Micros day = run.interval.start / kDay;
      EXPECT_EQ(loaded_[day], written_[day]) << "day " << day << " was taken for complete";
      done_.insert(day);
      auto& done = runs_[daily_].succeeded;
      done.push_back(DoneRun(run.interval));
      std::ranges::sort(done, {}, [](const RunRecord& one) { return one.key.interval; });
      return;
    }
    const auto stream = std::ranges::find(streams_, run.instance, &ModelStream::instance);
    ReadBatch(*stream);
    if (arrives) {
      Send(*stream);
    }
  }

  std::mt19937_64 random_;
  project::Project project_;
  std::vector<JobInstance> instances_;
  std::size_t daily_ = 0;
  std::vector<ModelStream> streams_;
  std::vector<std::vector<Message>> topics_;
  std::vector<std::vector<std::size_t>> fed_by_;
  std::vector<InstanceRuns> runs_;
  std::map<Micros, int> written_;  // by day, to the first topic
  std::map<Micros, int> loaded_;
  std::set<Micros> done_;
  Micros now_ = kBegin;
  int others_ = 0;
};

TEST(FeedingStreams, WhatWaitsToBeSentIsTriedOnceAndStaysKnown) {
  PlanFacts facts;
  facts.sources = {SourceFacts{.unsent = true}};
  const NewInput waiting{.identity = "kafka t batch 7", .unsent = true};
  StreamEnds ends;

  for (const std::size_t tries : {1, 0, 0}) {
    facts.sources[0]->new_inputs = {waiting};
    ends.Limit({0}, facts);
    EXPECT_EQ(facts.sources[0]->new_inputs.size(), tries);
    EXPECT_TRUE(facts.sources[0]->unsent) << "days past keeping would be dropped unsent";
    EXPECT_EQ(FedUntil(facts, {.fed_by = {0}}), 0);
  }
}

TEST(FeedingStreams, NoDayIsCompleteBeforeAllOfItHasComeThrough) {
  const std::uint64_t seed = TestSeed();
  std::size_t days = 0;
  int others = 0;
  for (int round = 0; round < TestRounds() * 10; ++round) {
    Chain chain(seed + static_cast<std::uint64_t>(round));
    for (int step = 0; step < 40; ++step) {
      chain.Live({});
      chain.Work(chain.Some(), false);
    }

    days += chain.days();
    chain.Settle();

    others += chain.others();
    ASSERT_FALSE(HasFailure()) << "seed " << seed + static_cast<std::uint64_t>(round);
  }
  EXPECT_GT(days, 0) << "no day was done before all was over";
  EXPECT_GT(others, 0);
}

}  // namespace
}  // namespace weir::jobs
