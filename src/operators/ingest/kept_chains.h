#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "enrich/chain.h"
#include "operators/ingest/chain_references.h"

namespace weir::operators {

// A topic's chain, with all that it refers to. Used by one run at a time.
class KeptChain {
 public:
  KeptChain(enrich::ChainSettings settings, std::shared_ptr<const LoadedReferences> references);

  enrich::Chain& chain() { return chain_; }
  // What differs from batch to batch.
  void Renew(Micros now, enrich::SuppressedIds suppressed_ids);

 private:
  std::shared_ptr<const LoadedReferences> references_;
  enrich::SuppressedIds suppressed_ids_;
  enrich::Chain chain_;  // refers to both
};

// Chains that are done with a batch, kept for the next one: what they remember of user agents,
// addresses and hosts costs more than anything else to find out. Thread-safe.
class ChainStore {
 public:
  // Null if none is kept under this key. Who takes one has it alone.
  std::unique_ptr<KeptChain> Take(const std::string& key);
  void Return(const std::string& key, std::unique_ptr<KeptChain> chain);

 private:
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<KeptChain>> kept_;
};

}  // namespace weir::operators
