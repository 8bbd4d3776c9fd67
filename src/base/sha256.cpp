#include "base/sha256.h"

#include <array>
#include <climits>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/error.h"

namespace weir {
namespace {

constexpr std::size_t kDigestBytes = 32;
using Digest = std::array<unsigned char, kDigestBytes>;

void CheckSha(bool accepted) {
  if (!accepted) {
    throw ExternalError("SHA-256: OpenSSL refuses it");
  }
}

}  // namespace

std::string Sha256Of(std::string_view bytes) {
  Digest digest{};
  CheckSha(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) ==
           1);
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  CheckSha(context_ != nullptr && EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) == 1);
}

Sha256::~Sha256() { EVP_MD_CTX_free(context_); }

void Sha256::Add(std::string_view bytes) {
  CheckSha(EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1);
}

std::string Sha256::Finish() {
  Digest digest{};
  CheckSha(EVP_DigestFinal_ex(context_, digest.data(), nullptr) == 1);
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

std::string Sha256Hmac(std::string_view key, std::string_view bytes) {
  Digest digest{};
  const auto* text = reinterpret_cast<const unsigned char*>(bytes.data());
  if (key.size() > INT_MAX || HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), text,
                                   bytes.size(), digest.data(), nullptr) == nullptr) {
    throw ExternalError("HMAC-SHA-256: OpenSSL refuses it");
  }
  return {digest.begin(), digest.end()};
}

}  // namespace weir
