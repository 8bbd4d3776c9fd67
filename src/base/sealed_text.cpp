#include "base/sealed_text.h"

#include <array>
#include <charconv>
#include <memory>
#include <stdexcept>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/sha256.h"

namespace weir {
namespace {

constexpr int kNonce = 12;
constexpr int kTag = 16;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

Cipher NewCipher() { return {EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free}; }

unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* Bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string HexDigitsOf(std::string_view bytes) {
  std::string digits;
  for (const char byte : bytes) {
    digits += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  }
  return digits;
}

std::optional<std::string> BytesOfHex(std::string_view digits) {
  if (digits.size() % 2 != 0 || digits.find_first_not_of("0123456789abcdef") != digits.npos) {
    return std::nullopt;
  }
  std::string bytes;
  for (std::size_t at = 0; at < digits.size(); at += 2) {
    int byte = 0;
    std::from_chars(digits.data() + at, digits.data() + at + 2, byte, 16);
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

}  // namespace

std::string SealText(std::string_view text, std::string_view key, std::string_view purpose) {
  const std::string cipher_key = Sha256Hmac(key, purpose);
  std::string nonce(kNonce, '\0');
  std::string tag(kTag, '\0');
  const std::string plain(text);
  std::string secret(text.size(), '\0');
  const Cipher cipher = NewCipher();
  int length = 0;
  int rest = 0;
  std::array<unsigned char, kTag> end{};
  const bool is_done =
      RAND_bytes(Bytes(nonce), kNonce) == 1 && cipher != nullptr &&
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, Bytes(cipher_key),
                         Bytes(nonce)) == 1 &&
      EVP_EncryptUpdate(cipher.get(), Bytes(secret), &length, Bytes(plain),
                        static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), end.data(), &rest) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTag, Bytes(tag)) == 1;
  if (!is_done) {
    throw std::runtime_error("a text can't be sealed");
  }
  return HexDigitsOf(nonce + secret + tag);
}

std::optional<std::string> OpenSealedText(std::string_view sealed, std::string_view key,
                                          std::string_view purpose) {
  const std::optional<std::string> bytes = BytesOfHex(sealed);
  if (!bytes || bytes->size() < kNonce + kTag) {
    return std::nullopt;
  }
  const std::string cipher_key = Sha256Hmac(key, purpose);
  const std::string nonce = bytes->substr(0, kNonce);
  const std::string secret = bytes->substr(kNonce, bytes->size() - kNonce - kTag);
  std::string tag = bytes->substr(bytes->size() - kTag);
  std::string text(secret.size(), '\0');
  const Cipher cipher = NewCipher();
  int length = 0;
  int rest = 0;
  std::array<unsigned char, kTag> end{};
  const bool is_done =
      cipher != nullptr &&
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, Bytes(cipher_key),
                         Bytes(nonce)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), Bytes(text), &length, Bytes(secret),
                        static_cast<int>(secret.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTag, Bytes(tag)) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), end.data(), &rest) == 1;
  return is_done ? std::optional(std::move(text)) : std::nullopt;
}

}  // namespace weir
