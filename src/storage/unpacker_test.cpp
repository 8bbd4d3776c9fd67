// Random texts, packed by zlib and zstd in one piece or several, against themselves.
#include "storage/unpacker.h"

#include <memory>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "base/test_seed.h"
#include "storage/packed_text.h"

namespace weir::storage {
namespace {

using Random = std::mt19937_64;

std::size_t Below(Random& random, std::size_t bound) { return random() % bound; }

std::string Packed(Packing packing, const std::string& text, int level) {
  return packing == Packing::kGzip ? GzipMember(text, level) : ZstdFrame(text, level);
}

// Letters that repeat, one letter alone, or noise: packed to a half, to a thousandth, not at all.
std::string RandomText(Random& random) {
  std::string text(Below(random, 4) == 0 ? Below(random, 4) : Below(random, 200'000), 'a');
  const std::size_t num_letters = std::size_t{1} << (Below(random, 5) * 2);
  for (char& letter : text) {
    letter = static_cast<char>('a' + Below(random, num_letters));
  }
  return text;
}

// Bytes in pieces of random size; each piece lies elsewhere, so that one that is read after the
// next was given is caught by sanitizers.
class Pieces final : public PackedSource {
 public:
  Pieces(std::string bytes, std::size_t largest, Random& random)
      : bytes_(std::move(bytes)), largest_(largest), random_(random) {}

  std::string_view Next() override {
    piece_ = std::make_unique<std::string>(bytes_.substr(at_, 1 + Below(random_, largest_)));
    at_ += piece_->size();
    return *piece_;
  }
  UserError ErrorOf(const PackingDamage& damage) const override {
    return UserError("{} at {}", damage.is_cut_off ? "cut off" : "damaged", damage.position);
  }

 private:
  std::string bytes_;
  std::size_t largest_;
  Random& random_;
  std::size_t at_ = 0;
  std::unique_ptr<std::string> piece_;
};

std::string Unpacked(Packing packing, const std::string& bytes, Random& random) {
  Pieces pieces(bytes, std::size_t{1} << Below(random, 18), random);
  const auto unpacker = MakeUnpacker(packing, pieces);
  const std::size_t at_once = std::size_t{1} << Below(random, 19);
  std::string text;
  std::string room(at_once, '\0');
  while (const std::size_t read = unpacker->Read(room)) {
    text.append(room, 0, read);
  }
  EXPECT_EQ(unpacker->Read(room), 0U);  // the end stays the end
  return text;
}

// What is said of bytes that can't be unpacked.
std::string UnpackError(Packing packing, const std::string& bytes, Random& random) {
  try {
    Unpacked(packing, bytes, random);
    return "";
  } catch (const UserError& error) {
    return error.what();
  }
}

class UnpackerTest : public testing::TestWithParam<Packing> {
 protected:
  Random random_{TestSeed()};
};

TEST_P(UnpackerTest, GivesWhatWasPackedInAnyPieces) {
  for (int round = 0; round < TestRounds(); ++round) {
    std::string text;
    std::string packed;
    for (std::size_t member = Below(random_, 4); member > 0; --member) {
      const std::string part = RandomText(random_);
      text += part;
      packed += Packed(GetParam(), part, 1 + static_cast<int>(Below(random_, 9)));
    }
    ASSERT_TRUE(Unpacked(GetParam(), packed, random_) == text) << "round " << round;
  }
}

// Wherever it ends but between two members.
TEST_P(UnpackerTest, RefusesWhatIsCutOff) {
  for (int round = 0; round < TestRounds(); ++round) {
    const std::string first = Packed(GetParam(), RandomText(random_), 6);
    const std::string second = Packed(GetParam(), RandomText(random_), 6);
    const std::size_t size = first.size() + 1 + Below(random_, second.size() - 1);
    EXPECT_EQ(UnpackError(GetParam(), (first + second).substr(0, size), random_),
              "cut off at " + std::to_string(size))
        << "round " << round;
  }
}

// A changed bit may do no harm: a letter that repeats is the same from one place before or two.
TEST_P(UnpackerTest, GivesNothingElseForWhatIsDamaged) {
  const std::size_t head = GetParam() == Packing::kGzip ? 10 : 6;  // what it says isn't checked
  for (int round = 0; round < TestRounds(); ++round) {
    const std::string text = RandomText(random_);
    std::string packed = Packed(GetParam(), text, 6);
    const std::size_t changed = head + Below(random_, packed.size() - head);
    packed[changed] = static_cast<char>(packed[changed] ^ (1U << Below(random_, 8)));
    try {
      ASSERT_TRUE(Unpacked(GetParam(), packed, random_) == text)
          << "round " << round << ": byte " << changed << " of " << packed.size();
    } catch (const UserError&) {
      continue;
    }
  }
}

TEST_P(UnpackerTest, RefusesWhatIsNotPackedAtAll) {
  for (const std::string text : {"id,name\n1,a\n", "{\"id\": 1, \"name\": \"a long one\"}\n"}) {
    EXPECT_TRUE(UnpackError(GetParam(), text, random_).starts_with("damaged at "));
    EXPECT_TRUE(UnpackError(GetParam(), Packed(GetParam(), text, 6) + text, random_)
                    .starts_with("damaged at "));
  }
}

INSTANTIATE_TEST_SUITE_P(Packings, UnpackerTest, testing::Values(Packing::kGzip, Packing::kZstd),
                         [](const auto& packing) {
                           return std::string(PackingName(packing.param));
                         });

TEST(Packing, IsToldByTheSuffixInAnyCase) {
  EXPECT_EQ(PackingOf("a.csv.gz"), Packing::kGzip);
  EXPECT_EQ(PackingOf("a.CSV.GZ"), Packing::kGzip);
  EXPECT_EQ(PackingOf("a.Zst"), Packing::kZstd);
  EXPECT_EQ(PackingOf("gz"), Packing::kPlain);
  EXPECT_EQ(PackingOf("a.gz.csv"), Packing::kPlain);
}

}  // namespace
}  // namespace weir::storage
