#include "storage/s3/s3_lock.h"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/process.h"
#include "base/run_id.h"

namespace weir::storage {
namespace {

using Clock = std::chrono::steady_clock;
using LockJson = nlohmann::json;

constexpr int kNumberDigits = 12;

// One claim of a lock.
struct Claim {
  std::uint64_t number = 0;  // 0: none
  bool is_free = true;
  Micros renewed = 0;
};

std::string NumberedKey(const std::string& key, std::uint64_t number) {
  return fmt::format("{}.{:0{}}", key, number, kNumberDigits);
}

std::string OwnerText(const std::string& token, std::uint64_t renewals) {
  const ProcessIdentity me = CurrentProcess();
  return LockJson{{"token", token},  {"renewals", renewals}, {"host", me.host},
                  {"boot", me.boot}, {"pid", me.pid},        {"start", me.start}}
      .dump();
}

// Whether the text names a process of this machine that is no more.
bool IsOfDeadProcess(const std::string& text) {
  const LockJson owner = LockJson::parse(text, nullptr, false);
  if (!owner.is_object()) {
    return false;
  }
  try {
    return LivenessOf({.host = owner.at("host"),
                       .boot = owner.at("boot"),
                       .pid = owner.at("pid"),
                       .start = owner.at("start")}) == Liveness::kDead;
  } catch (const LockJson::exception&) {
    return false;
  }
}

class S3Lock final : public StoreLock {
 public:
  S3Lock(std::unique_ptr<S3Store> store, std::string key, const S3LockOptions& options)
      : store_(std::move(store)), key_(std::move(key)), options_(options), token_(NewUuid()) {
    Take();
    thread_ = std::jthread([this](const std::stop_token& stop) { RenewUntil(stop); });
  }
  S3Lock(const S3Lock&) = delete;
  S3Lock& operator=(const S3Lock&) = delete;
  ~S3Lock() override {
    thread_.request_stop();
    thread_.join();
    Free();
  }

  void Check() const override {
    const std::scoped_lock lock(mutex_);
    if (is_lost_ || Clock::now() - renewed_ > options_.lease / 4) {
      throw ExternalError(
          "the lock {} is not held for sure any more: this process stood still, or the store "
          "answered too late; nothing was written",
          store_->Url(NumberedKey(key_, number_)));
    }
  }

 private:
  // --- taking

  void Take() {
    std::mt19937_64 random{std::random_device{}()};
    auto wait = std::chrono::milliseconds(5);
    while (!TryTake()) {
      std::uniform_int_distribution<std::int64_t> part(wait.count() / 2, wait.count());
      std::this_thread::sleep_for(std::chrono::milliseconds(part(random)));
      wait = std::min(wait * 2, options_.longest_wait);
    }
  }

  bool TryTake() {
    const std::vector<ObjectInfo> claims = Claims();
    const Claim highest = HighestOf(claims);
    if (!highest.is_free && !MayTakeOver(highest)) {
      return false;
    }
    const std::uint64_t next = highest.number + 1;
    const auto before = Clock::now();
    Failpoint("lock:before-put");
    if (!store_->PutNew(NumberedKey(key_, next), OwnerText(token_, 0))) {
      return false;
    }
    Failpoint("lock:after-put");
    number_ = next;
    renewed_ = before;
    return IsHighest();
  }

  // The number may have been somebody's before, who freed it and whose successor deleted it: the
  // successor's own is higher, and was there before the deletion. Else what is lower goes.
  bool IsHighest() {
    for (const ObjectInfo& claim : Claims()) {
      if (NumberOf(claim.key) > number_) {
        store_->Delete(NumberedKey(key_, number_));
        return false;
      }
      if (NumberOf(claim.key) < number_) {
        store_->Delete(claim.key);
      }
    }
    return true;
  }

  std::vector<ObjectInfo> Claims() const {
    std::vector<ObjectInfo> claims =
        store_->List(key_ + ".", {.start_after = {}, .recursive = false});
    std::erase_if(claims, [this](const ObjectInfo& claim) { return NumberOf(claim.key) == 0; });
    return claims;
  }

  // 0 for a key of something else.
  std::uint64_t NumberOf(std::string_view key) const {
    const std::string_view digits = key.substr(std::min(key_.size() + 1, key.size()));
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc() && end == digits.data() + digits.size() ? number : 0;
  }

  Claim HighestOf(const std::vector<ObjectInfo>& claims) const {
    if (claims.empty()) {
      return {};
    }
    const ObjectInfo& last = claims.back();  // names of equal length are in the order of numbers
    return {.number = NumberOf(last.key), .is_free = last.size == 0, .renewed = last.modified};
  }

  bool MayTakeOver(const Claim& claim) {
    if (claim.number != seen_.number || claim.renewed != seen_.renewed) {
      seen_ = claim;
      seen_since_ = Clock::now();
      seen_owner_.clear();
    }
    if (seen_owner_.empty()) {  // not at each look: it is one request of two
      seen_owner_ = store_->Get(NumberedKey(key_, claim.number)).value_or("");
    }
    return Clock::now() - seen_since_ > options_.lease || IsOfDeadProcess(seen_owner_);
  }

  // --- holding

  void RenewUntil(const std::stop_token& stop) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any wake;
    for (std::uint64_t renewals = 1;
         !wake.wait_for(lock, stop, options_.renew_every, [&] { return stop.stop_requested(); });
         ++renewals) {
      try {
        Renew(renewals);
      } catch (const std::exception& error) {
        LogWarning("the lock {} can't be renewed: {}", store_->Url(key_), error.what());
      }
    }
  }

  void Renew(std::uint64_t renewals) {
    const auto before = Clock::now();
    if (IsTakenOver()) {
      const std::scoped_lock lock(mutex_);
      is_lost_ = true;
      return;
    }
    store_->Replace(NumberedKey(key_, number_), OwnerText(token_, renewals));
    const std::scoped_lock lock(mutex_);
    renewed_ = before;
  }

  bool IsTakenOver() const {
    return store_->Head(NumberedKey(key_, number_ + 1)).has_value() ||
           HighestOf(Claims()).number > number_;
  }

  void Free() {
    try {
      if (!is_lost_) {
        store_->Replace(NumberedKey(key_, number_), "");
      }
    } catch (const std::exception& error) {
      LogWarning("the lock {} can't be freed, others have to wait a minute: {}", store_->Url(key_),
                 error.what());
    }
  }

  std::unique_ptr<S3Store> store_;
  std::string key_;
  S3LockOptions options_;
  std::string token_;
  std::uint64_t number_ = 0;
  Claim seen_;  // the claim that is waited for, as it was when it last changed
  Clock::time_point seen_since_;
  std::string seen_owner_;    // as its object says; empty: not known
  mutable std::mutex mutex_;  // of the next two
  Clock::time_point renewed_;
  bool is_lost_ = false;
  std::jthread thread_;  // the last: it uses the others
};

}  // namespace

std::unique_ptr<StoreLock> TakeS3Lock(std::unique_ptr<S3Store> store, const std::string& key,
                                      const S3LockOptions& options) {
  return std::make_unique<S3Lock>(std::move(store), key, options);
}

}  // namespace weir::storage
