#include "operators/ingest/user_key.h"

#include <array>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/error.h"

namespace weir::operators {
namespace {

constexpr std::size_t kShortestSalt = 16;  // bytes
constexpr std::size_t kKeyDigits = 32;
constexpr std::size_t kEpochDigits = 8;
constexpr std::size_t kDigestBytes = 32;

void CheckDone(int done) {
  if (done != 1) {
    throw ExternalError("HMAC-SHA-256: OpenSSL refuses it");
  }
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

void UserKeys::FreeContext::operator()(evp_mac_ctx_st* context) const { EVP_MAC_CTX_free(context); }

UserKeys::UserKeys(std::string_view salt) {
  if (salt.size() < kShortestSalt) {
    throw UserError("the salt of user keys has {} bytes; at least {} are needed", salt.size(),
                    kShortestSalt);
  }
  EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  context_.reset(EVP_MAC_CTX_new(algorithm));
  EVP_MAC_free(algorithm);  // the context holds on to it
  std::string digest = "SHA256";
  const std::array<OSSL_PARAM, 2> parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_end()};
  CheckDone(EVP_MAC_init(context_.get(), Bytes(salt), salt.size(), parameters.data()));
  epoch_ = Digest("key_epoch", "", kEpochDigits);
}

std::string UserKeys::Of(std::string_view party, std::string_view user_id) {
  return Digest(party, user_id, kKeyDigits);
}

// Of "first:second".
std::string UserKeys::Digest(std::string_view first, std::string_view second,
                             std::size_t num_digits) {
  CheckDone(EVP_MAC_init(context_.get(), nullptr, 0, nullptr));  // the same key again
  for (const std::string_view part : {first, std::string_view(":"), second}) {
    CheckDone(EVP_MAC_update(context_.get(), Bytes(part), part.size()));
  }
  std::array<unsigned char, kDigestBytes> digest{};
  std::size_t size = 0;
  CheckDone(EVP_MAC_final(context_.get(), digest.data(), &size, digest.size()));
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  std::string text(num_digits, '0');
  for (std::size_t digit = 0; digit < num_digits; ++digit) {
    const unsigned byte = digest.at(digit / 2);
    text[digit] = kHexDigits[digit % 2 == 0 ? byte / 16 : byte % 16];
  }
  return text;
}

}  // namespace weir::operators
