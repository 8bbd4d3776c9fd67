#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir {

// A text that passes through others' hands: nobody can read or change it without the key.
// AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce, under HMAC-SHA-256(key, purpose), as
// lower-case hex digits: nonce, ciphertext, tag. At most 2^32 texts a key and purpose. Thread-safe.
// Throws std::runtime_error if the system gives no random bytes.
std::string SealText(std::string_view text, std::string_view key, std::string_view purpose);

// Absent for what SealText() didn't give under the same key and purpose.
std::optional<std::string> OpenSealedText(std::string_view sealed, std::string_view key,
                                          std::string_view purpose);

}  // namespace weir
