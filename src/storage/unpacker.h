#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/error.h"

// Packed files of text, unpacked as they are read.
namespace weir::storage {

// How the bytes of a file are packed, told by its suffix in any letter case: .gz, .zst.
enum class Packing : std::uint8_t { kPlain, kGzip, kZstd };
Packing PackingOf(std::string_view file);
// As people and DuckDB's readers call it: "uncompressed", "gzip", "zstd".
std::string_view PackingName(Packing packing);

// Why packed bytes can't be unpacked.
struct PackingDamage {
  bool is_cut_off = false;     // what is there is right
  std::string_view what;       // in a library's words: "incorrect checksum"
  std::uint64_t position = 0;  // of the byte where it showed, about
};

// Where packed bytes come from, and what is said of them if they are damaged.
class PackedSource {
 public:
  virtual ~PackedSource() = default;
  // The stored bytes that follow, valid until the next call; none at the end.
  virtual std::string_view Next() = 0;
  // The error that names the file.
  virtual UserError ErrorOf(const PackingDamage& damage) const = 0;
};

// One thread.
class Unpacker {
 public:
  virtual ~Unpacker() = default;
  // Fills `into` (not empty) with unpacked bytes: at least one, and fewer than fit only where the
  // source has no more at once. 0 at the end. Damaged or cut off bytes go to PackedSource::Refuse.
  virtual std::size_t Read(std::span<char> into) = 0;
};

// Reads any number of gzip members or zstd frames, one behind the other; none is a file of no
// bytes. `packing` isn't kPlain; `source` must outlive the unpacker.
std::unique_ptr<Unpacker> MakeUnpacker(Packing packing, PackedSource& source);

}  // namespace weir::storage
