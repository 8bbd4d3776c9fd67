#include "operators/ingest/chain_references.h"

#include <fstream>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_folder.h"

namespace weir::operators {
namespace {

TEST(ReferenceStoreTest, WhatIsLoadedAheadIsWhatIsGivenLater) {
  const TestFolder folder;
  const nlohmann::json settings = {{"regions", "regions.tsv"}};
  std::ofstream(folder.path() / "regions.tsv") << "country\tregion\nUS\tamer\n";
  ReferenceStore store;

  store.LoadAhead(settings, folder.path());
  const auto first = store.Load(settings, folder.path());
  store.LoadAhead(settings, folder.path());

  EXPECT_NE(first, nullptr);
  EXPECT_EQ(store.Load(settings, folder.path()), first);
}

TEST(ReferenceStoreTest, AFailureIsToldByLoadAndTheNextTriesAgain) {
  const TestFolder folder;
  const nlohmann::json settings = {{"regions", "regions.tsv"}};
  ReferenceStore store;

  store.LoadAhead(settings, folder.path());
  EXPECT_THROW(store.Load(settings, folder.path()), UserError);
  std::ofstream(folder.path() / "regions.tsv") << "country\tregion\nUS\tamer\n";

  EXPECT_NE(store.Load(settings, folder.path()), nullptr);
}

}  // namespace
}  // namespace weir::operators
