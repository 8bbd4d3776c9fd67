#include "identity/packed_text.h"

#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "base/test_seed.h"

namespace weir::identity {
namespace {

// Digits of a UUID or a hash, some of them spoilt in one byte.
std::string RandomDigits(std::mt19937_64& random, bool with_hyphens) {
  std::string text;
  for (int i = 0; i < 32; ++i) {
    if (with_hyphens && (i == 8 || i == 12 || i == 16 || i == 20)) {
      text += '-';
    }
    text += "0123456789abcdef"[random() % 16];
  }
  if (random() % 3 == 0) {
    text[random() % text.size()] = static_cast<char>(random());
  }
  return text;
}

std::string RandomText(std::mt19937_64& random) {
  if (random() % 2 == 0) {
    return RandomDigits(random, random() % 2 == 0);
  }
  std::string text(random() % 40, '\0');
  for (char& byte : text) {
    byte = static_cast<char>(random() % 3 == 0 ? 0 : random());
  }
  return text;
}

bool IsLowerHex(const std::string& text) {
  return text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

TextForm FormOf(const std::string& text) {
  std::string digits = text;
  std::erase(digits, '-');
  const bool is_uuid = text.size() == 36 && digits.size() == 32 && text[8] == '-' &&
                       text[13] == '-' && text[18] == '-' && text[23] == '-';
  if (text.size() <= 15) {
    return TextForm::kShort;
  }
  if (digits.size() == 32 && IsLowerHex(digits) && (is_uuid || text.size() == 32)) {
    return is_uuid ? TextForm::kUuid : TextForm::kHex;
  }
  return TextForm::kLong;
}

TEST(PackedText, GivesBackItsTextWhateverItIs) {
  std::mt19937_64 random(TestSeed());
  std::map<TextForm, int> seen;
  for (int round = 0; round < TestRounds() * 1000; ++round) {
    const std::string text = RandomText(random);
    const PackedText packed = Pack(text);

    ASSERT_EQ(packed.form, FormOf(text)) << text;
    ++seen[packed.form];
    if (packed.form != TextForm::kLong) {
      TextRoom room{};
      ASSERT_EQ(Unpack(packed, room), text);
    }
  }
  EXPECT_EQ(seen.size(), 4U);
}

// Every byte at every place of a UUID: only digits in lower case may be packed.
TEST(PackedText, TakesNoByteForAnother) {
  const std::string whole = "01234567-89ab-cdef-0123-456789abcdef";
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = whole;
      text[at] = static_cast<char>(byte);
      ASSERT_EQ(Pack(text).form, FormOf(text)) << at << " " << byte;
    }
  }
}

TEST(PackedText, StandsInTheOrderOfItsText) {
  std::mt19937_64 random(TestSeed());
  int compared = 0;
  for (int round = 0; round < TestRounds() * 1000; ++round) {
    const std::string left = RandomText(random);
    std::string right = RandomText(random);
    if (random() % 2 == 0) {  // alike up to some byte
      right = left.substr(0, random() % (left.size() + 1)) + right.substr(0, random() % 4);
    }
    const PackedText one = Pack(left);
    const PackedText other = Pack(right);
    if (one.form != other.form || one.form == TextForm::kLong) {
      continue;
    }
    ASSERT_EQ(std::tie(one.high, one.low) < std::tie(other.high, other.low), left < right);
    ASSERT_EQ(one == other, left == right);
    ++compared;
  }
  EXPECT_GT(compared, TestRounds() * 10);
}

}  // namespace
}  // namespace weir::identity
