// Two ledgers with caches of their own on one warehouse, used at random by owners of which some are
// dead, against a model that keeps all attempts in a map.
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "base/test_seed.h"
#include "jobs/ledger/ledger_fixture.h"

namespace weir::jobs {
namespace {

struct ModelAttempt {
  RunState state = RunState::kRunning;
  bool is_owned = true;  // by somebody who lives
  bool is_prepared = false;
  bool is_recovered = false;
};

struct ModelRun {
  std::vector<ModelAttempt> attempts;
  bool is_committed = false;
};

enum class Answer { kLease, kHolder, kDone };

// What must be true of the runs, whoever looks.
class Model {
 public:
  Answer Take(const RunKey& key, bool is_owned) {
    ModelRun& run = runs_[key];
    Mend(run);
    if (!run.attempts.empty()) {
      ModelAttempt& newest = run.attempts.back();
      if (newest.state == RunState::kSucceeded) {
        return Answer::kDone;
      }
      if (newest.state == RunState::kRunning && newest.is_owned) {
        return Answer::kHolder;
      }
      newest.state = newest.state == RunState::kRunning ? RunState::kFailed : newest.state;
    }
    run.attempts.push_back({.is_owned = is_owned});
    return Answer::kLease;
  }
  void Refresh() {
    for (auto& [key, run] : runs_) {
      Mend(run);
    }
  }
  ModelRun& At(const RunKey& key) { return runs_.at(key); }

  // "run/attempt state recovered" of the newest attempt of each interval's newest generation.
  std::vector<std::string> Newest(const std::string& job, bool succeeded) const {
    std::map<Interval, std::string> newest;  // keys ascend, so the last one stays
    for (const auto& [key, run] : runs_) {
      for (std::size_t i = 0; key.job == job && i < run.attempts.size(); ++i) {
        const ModelAttempt& attempt = run.attempts[i];
        if (!succeeded || attempt.state == RunState::kSucceeded) {
          newest[key.interval] = fmt::format("{}/{} {} {}", key.id(), i + 1, ToText(attempt.state),
                                             attempt.is_recovered);
        }
      }
    }
    std::vector<std::string> texts;
    for (const auto& [interval, text] : newest) {
      texts.push_back(text);
    }
    return texts;
  }

 private:
  static void Mend(ModelRun& run) {
    if (!run.attempts.empty()) {
      ModelAttempt& newest = run.attempts.back();
      if (newest.state == RunState::kRunning && !newest.is_owned && newest.is_prepared &&
          run.is_committed) {
        newest.state = RunState::kSucceeded;
        newest.is_recovered = true;
      }
    }
  }

  std::map<RunKey, ModelRun> runs_;
};

struct Held {
  Lease lease;
  std::size_t attempt = 0;  // its place in the model
};

class LedgerPropertyTest : public LedgerTest {
 protected:
  LedgerPropertyTest() : random_(TestSeed()) {}

  std::size_t Pick(std::size_t count) { return random_() % count; }
  Ledger& Any() { return *ledgers_[Pick(2)]; }

  void Begin(int round) {
    names_ = {fmt::format("a{}", round), fmt::format("b{}", round)};
    ledgers_.clear();
    ledgers_.push_back(Open(names_[0]));
    ledgers_.push_back(Open(names_[1]));
    jobs_ = {fmt::format("j{}", round), fmt::format("k{}", round)};
    held_.clear();
    model_ = {};
  }

  void TakeAny() {
    const int day = static_cast<int>(Pick(2));
    const std::string& job = jobs_[Pick(2)];
    int& generation = generations_[fmt::format("{} {}", job, day)];
    generation = std::max(generation, 1);
    const RunKey key{
        .job = job, .partition = "", .interval = DayOf2026(day), .generation = generation};
    const bool is_owned = Pick(3) > 0;
    LeaseAttempt attempt = Any().Take(StartOf(key, is_owned ? ProcessIdentity() : DeadProcess()));
    const Answer expected = model_.Take(key, is_owned);
    ++answers_[static_cast<int>(expected)];
    ASSERT_EQ(attempt.lease.has_value(), expected == Answer::kLease) << key.id();
    ASSERT_EQ(attempt.holder.has_value(), expected == Answer::kHolder) << key.id();
    ASSERT_EQ(attempt.done.has_value(), expected == Answer::kDone) << key.id();
    const std::size_t attempts = model_.At(key).attempts.size();
    if (attempt.lease) {
      ASSERT_EQ(attempt.lease->record().attempt, static_cast<int>(attempts));
      held_.push_back({.lease = std::move(*attempt.lease), .attempt = attempts - 1});
    } else if (attempt.done && Pick(2) == 0) {
      ++generation;
    }
  }

  // Whether the model has the lease's attempt as the newest one, without an end.
  bool IsOpen(const Held& held) {
    const ModelRun& run = model_.At(held.lease.record().key);
    return held.attempt + 1 == run.attempts.size() &&
           run.attempts.back().state == RunState::kRunning;
  }

  // The next thing that an owner does, or its death.
  void GoOn() {
    if (held_.empty()) {
      return;
    }
    const std::size_t which = Pick(held_.size());
    Held& held = held_[which];
    const RunKey key = held.lease.record().key;
    ModelRun& run = model_.At(key);
    ModelAttempt& attempt = run.attempts[held.attempt];
    RunRecord finished = Finished(held.lease.record(), RunState::kSucceeded);
    finished.outputs = {{.table = "s." + key.job, .version = -1, .rows = 1, .bytes = 1}};
    ASSERT_EQ(held.lease.IsMine(), IsOpen(held));
    const bool is_dead = !attempt.is_owned;
    if (IsOpen(held) && is_dead && !attempt.is_prepared) {
      // The dead do nothing more once somebody has looked: all at once, and then they go.
      held.lease.Prepare(finished);
      attempt.is_prepared = true;
      if (!run.is_committed && Pick(2) == 0) {
        CommitRow(warehouse_, key.id(), "s." + key.job);
        run.is_committed = true;
      }
    }
    if (!IsOpen(held) || is_dead || Pick(4) == 0) {
      held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(which));  // gives it up
      attempt.is_owned = false;
    } else if (!attempt.is_prepared) {
      held.lease.Prepare(finished);
      attempt.is_prepared = true;
    } else if (!run.is_committed) {
      CommitRow(warehouse_, key.id(), "s." + key.job);
      run.is_committed = true;
    } else {
      held.lease.End(finished);
      attempt.state = RunState::kSucceeded;
    }
  }

  void Fail() {
    for (Held& held : held_) {
      ModelRun& run = model_.At(held.lease.record().key);
      if (IsOpen(held) && !run.is_committed) {
        held.lease.End(Finished(held.lease.record(), RunState::kFailed));
        run.attempts.back().state = RunState::kFailed;
        return;
      }
    }
  }

  void Compare() {
    for (const auto& ledger : ledgers_) {
      ledger->Refresh();
    }
    model_.Refresh();
    for (const std::string& job : jobs_) {
      for (const auto& ledger : ledgers_) {
        ASSERT_EQ(Texts(ledger->Newest(job, "")), model_.Newest(job, false));
        ASSERT_EQ(Texts(ledger->NewestSucceeded(job, "")), model_.Newest(job, true));
      }
    }
  }

  static std::vector<std::string> Texts(const std::vector<RunRecord>& records) {
    std::vector<std::string> texts;
    for (const RunRecord& record : records) {
      texts.push_back(fmt::format("{}/{} {} {}", record.key.id(), record.attempt,
                                  ToText(record.state), record.recovered));
    }
    return texts;
  }

  void DeleteCache() {
    const std::size_t which = Pick(2);
    ledgers_[which].reset();
    std::filesystem::remove(CachePath(names_[which]));
    ledgers_[which] = Open(names_[which]);
  }

  void Step() {
    switch (Pick(12)) {
      case 0:
        Compare();
        break;
      case 1:
        ++compactions_[Any().Compact(1 + Pick(4)) > 0];
        break;
      case 2:
        DeleteCache();
        break;
      case 3:
        Fail();
        break;
      case 4:
        Any().Refresh();
        model_.Refresh();
        break;
      case 5:
      case 6:
      case 7:
        TakeAny();
        break;
      default:
        GoOn();
    }
  }

  std::mt19937_64 random_;
  std::vector<std::string> names_;
  std::vector<std::string> jobs_;
  std::vector<std::unique_ptr<Ledger>> ledgers_;
  Model model_;
  std::vector<Held> held_;
  std::map<std::string, int> generations_;
  std::map<int, int> answers_;
  std::map<bool, int> compactions_;
};

TEST_F(LedgerPropertyTest, TwoLedgersAgreeWithTheModel) {
  for (int round = 0; round < TestRounds(); ++round) {
    Begin(round);
    for (int step = 0; step < 30; ++step) {
      Step();
      ASSERT_FALSE(HasFatalFailure()) << "round " << round << ", step " << step;
    }
    Compare();
    ASSERT_FALSE(HasFatalFailure()) << "at the end of round " << round;
  }
  std::cout << fmt::format("  {} leases, {} holders, {} done, {} compactions\n", answers_[0],
                           answers_[1], answers_[2], compactions_[true]);
  EXPECT_GT(answers_[0], 0);
  constexpr int kRoundsThatMeetAll = 10;
  if (TestRounds() >= kRoundsThatMeetAll) {
    EXPECT_GT(answers_[1], 0);
    EXPECT_GT(compactions_[true], 0);
  }
}

}  // namespace
}  // namespace weir::jobs
