#pragma once

#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace weir {

// SHA-256 as 64 lower-case hex digits. Thread-safe.
std::string Sha256Of(std::string_view bytes);

// SHA-256 of bytes that come piece by piece. Not thread-safe. Throws ExternalError if OpenSSL
// refuses it.
class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256();

  void Add(std::string_view bytes);
  // Of all bytes so far, as Sha256Of() gives it; once, last.
  std::string Finish();

 private:
  evp_md_ctx_st* context_;
};

// HMAC-SHA-256 of `bytes` under `key`: 32 raw bytes. Thread-safe.
std::string Sha256Hmac(std::string_view key, std::string_view bytes);

}  // namespace weir
