#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "jobs/ledger/ledger_state.h"

namespace weir::jobs {

struct Lease::State {
  State(storage::ObjectStore& its_store, const RunRecord& its_record,
        const LedgerOptions& its_options)
      : store(its_store), record(its_record), name(NameOf(its_record)), options(its_options) {}

  RunObject Object(ObjectKind kind) const { return {.name = name, .kind = kind}; }

  bool Has(ObjectKind kind) const { return store.Head(Object(kind).key()).has_value(); }

  // Attempts have no gaps.
  bool IsTakenOver() const {
    RunObject next = Object(ObjectKind::kStart);
    ++next.name.attempt;
    return store.Head(next.key()).has_value();
  }

  void RenewUntil(const std::stop_token& stop) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any wake;
    while (!wake.wait_for(lock, stop, options.renew_every, [&] { return stop.stop_requested(); })) {
      try {
        Failpoint("ledger:before-renew");
        WriteAlive(store, name, Now());
        Failpoint("ledger:after-renew");
      } catch (const std::exception& error) {
        LogWarning("run {} can't be renewed: {}", name.run, error.what());
      }
    }
  }

  void StopRenewing() {
    if (thread.joinable()) {
      thread.request_stop();
      thread.join();
    }
  }

  // As the lease's own record, with what the run came to.
  RunRecord Finished(const RunRecord& finished) const {
    RunRecord whole = finished;
    whole.key = record.key;
    whole.attempt = record.attempt;
    whole.owner = record.owner;
    whole.started = record.started;
    return whole;
  }

  storage::ObjectStore& store;
  RunRecord record;
  AttemptName name;
  LedgerOptions options;
  bool is_ended = false;
  std::jthread thread;  // the last: it uses the others
};

Lease::Lease(std::unique_ptr<State> state) : state_(std::move(state)) {}
Lease::Lease(Lease&&) noexcept = default;

Lease& Lease::operator=(Lease&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

Lease::~Lease() {
  if (!state_) {
    return;
  }
  state_->StopRenewing();
  if (state_->is_ended) {
    return;
  }
  try {
    WriteAlive(state_->store, state_->name, 0);
  } catch (const std::exception& error) {
    LogWarning("run {} can't be given up, others have to wait 60 s: {}", state_->name.run,
               error.what());
  }
}

const RunRecord& Lease::record() const { return state_->record; }

bool Lease::IsMine() const {
  return !state_->IsTakenOver() && !state_->Has(ObjectKind::kEnd) &&
         state_->Has(ObjectKind::kStart);
}

void Lease::Prepare(const RunRecord& finished) {
  RunRecord prepared = state_->Finished(finished);
  prepared.renewed = Now();
  Failpoint("ledger:before-prepare");
  state_->store.Put(state_->Object(ObjectKind::kPrepared).key(), ToJson(prepared));
  Failpoint("ledger:after-prepare");
}

void Lease::End(const RunRecord& finished) {
  state_->StopRenewing();
  RunRecord ended = state_->Finished(finished);
  ended.ended = ended.ended == 0 ? Now() : ended.ended;
  ended.renewed = ended.ended;
  Failpoint("ledger:before-end");
  if (state_->IsTakenOver()) {
    LogWarning("run {}: another process took it for dead and runs it now", state_->name.run);
  } else if (!state_->store.PutIfAbsent(state_->Object(ObjectKind::kEnd).key(), ToJson(ended))) {
    LogWarning("run {}: its end was recorded by another process already", state_->name.run);
  }
  state_->is_ended = true;
  Failpoint("ledger:after-end");
  state_->store.Delete(state_->Object(ObjectKind::kAlive).key());
  Failpoint("ledger:after-alive-deleted");
  state_->store.Delete(state_->Object(ObjectKind::kPrepared).key());
}

Lease MakeLease(storage::ObjectStore& store, const RunRecord& record,
                const LedgerOptions& options) {
  auto state = std::make_unique<Lease::State>(store, record, options);
  Lease::State* renewed = state.get();
  state->thread =
      std::jthread([renewed](const std::stop_token& stop) { renewed->RenewUntil(stop); });
  return Lease(std::move(state));
}

}  // namespace weir::jobs
