#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_mac_ctx_st;

namespace weir::operators {

// The keys that stand for ids outside of personal tables: the first 32 hex digits of HMAC-SHA-256
// (RFC 2104) of "party:user_id" under the project's salt. Not thread-safe. Cost: about a
// microsecond a key.
class UserKeys {
 public:
  // Throws UserError for a salt of less than 16 bytes.
  explicit UserKeys(std::string_view salt);

  std::string Of(std::string_view party, std::string_view user_id);
  // Which salt it is, told by nothing but itself: 8 hex digits. Keys of different epochs stand for
  // different things.
  const std::string& epoch() const { return epoch_; }

 private:
  struct FreeContext {
    void operator()(evp_mac_ctx_st* context) const;
  };

  std::string Digest(std::string_view first, std::string_view second, std::size_t num_digits);

  std::unique_ptr<evp_mac_ctx_st, FreeContext> context_;
  std::string epoch_;
};

}  // namespace weir::operators
