#include "storage/s3/xml_text.h"

#include <gtest/gtest.h>

namespace weir::storage {
namespace {

// As in the S3 API reference's answer of ListObjectsV2.
constexpr auto kListing = R"(<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Name>bucket</Name><Prefix/><KeyCount>2</KeyCount><IsTruncated>false</IsTruncated>
  <Contents><Key>a &amp; &lt;b&gt;&#xe9;&#233;</Key><ETag>&quot;x&quot;</ETag><Size>434234</Size></Contents>
  <Contents><Key>plain</Key><Size>0</Size></Contents>
</ListBucketResult>)";

TEST(ElementsOf, GivesEachInOrder) {
  const auto contents = ElementsOf(kListing, "Contents");

  ASSERT_EQ(contents.size(), 2U);
  EXPECT_EQ(TextOf(contents[0], "Key"), "a & <b>éé");
  EXPECT_EQ(TextOf(contents[0], "ETag"), "\"x\"");
  EXPECT_EQ(TextOf(contents[1], "Key"), "plain");
}

TEST(TextOf, KnowsEmptyMissingAndLongerNames) {
  EXPECT_EQ(TextOf(kListing, "Prefix"), "");
  EXPECT_EQ(TextOf(kListing, "Keys"), std::nullopt);
  EXPECT_EQ(TextOf(kListing, "Key"), "a & <b>éé");  // not <KeyCount>
  EXPECT_EQ(TextOf("<a>&nothing; &#x;</a>", "a"), "&nothing; &#x;");
}

TEST(TextOf, FindsNothingInWhatIsCutOff) {
  const std::string_view whole = kListing;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_NO_FATAL_FAILURE(ElementsOf(whole.substr(0, length), "Contents"));
  }
  EXPECT_EQ(TextOf("<Code>Slow", "Code"), std::nullopt);
}

}  // namespace
}  // namespace weir::storage
