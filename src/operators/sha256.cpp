#include "operators/sha256.h"

#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>

#include "base/error.h"

namespace weir::operators {

std::string Sha256Of(std::string_view bytes) {
  constexpr std::size_t kBytes = 32;
  std::array<unsigned char, kBytes> digest{};
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    throw ExternalError("SHA-256: OpenSSL refuses it");
  }
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

}  // namespace weir::operators
