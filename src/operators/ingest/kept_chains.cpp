#include "operators/ingest/kept_chains.h"

#include <utility>

namespace weir::operators {

KeptChain::KeptChain(enrich::ChainSettings settings,
                     std::shared_ptr<const LoadedReferences> references)
    : references_(std::move(references)),
      chain_(std::move(settings), {.suffixes = references_->suffixes,
                                   .user_agents = references_->user_agents,
                                   .bots = references_->bots,
                                   .bot_addresses = references_->bot_addresses,
                                   .places = references_->places,
                                   .regions = references_->regions,
                                   .suppressed_ids = suppressed_ids_}) {}

void KeptChain::Renew(Micros now, enrich::SuppressedIds suppressed_ids) {
  chain_.SetNow(now);
  suppressed_ids_ = std::move(suppressed_ids);
}

std::unique_ptr<KeptChain> ChainStore::Take(const std::string& key) {
  const std::lock_guard lock(mutex_);
  return std::exchange(kept_[key], nullptr);
}

void ChainStore::Return(const std::string& key, std::unique_ptr<KeptChain> chain) {
  const std::lock_guard lock(mutex_);
  kept_[key] = std::move(chain);
}

}  // namespace weir::operators
