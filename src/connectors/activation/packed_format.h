#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// Compressed files that are made of pieces. Each piece is compressed by itself, on any thread; a
// file is a head, pieces one behind the other, and a tail. So the bytes of a file depend on nothing
// but its pieces.
namespace weir::connectors {

// A compressed piece of a file, or several that follow each other.
struct PackedPiece {
  std::string bytes;  // as stored
  std::int64_t plain_bytes = 0;
  std::uint32_t checksum = 0;  // CRC-32 of the plain bytes, where the format has one
};

// Thread-safe.
class PackedFormat {
 public:
  virtual ~PackedFormat() = default;
  // What stands before the first piece.
  virtual PackedPiece Head() const = 0;
  // Compresses the bytes of `records` records. Throws ExternalError where memory runs out.
  virtual PackedPiece Pack(std::string_view plain, std::int64_t records) const = 0;
  // What stands behind the last: `all` is head and pieces together, without their bytes.
  virtual std::string Tail(const PackedPiece& all) const = 0;
};

// Adds a piece that follows to plain_bytes and checksum, and leaves the bytes as they are.
void Follow(PackedPiece& all, const PackedPiece& piece);

// One gzip member (RFC 1952) without name and time; each file begins with the plain `title`.
class GzipFormat final : public PackedFormat {
 public:
  explicit GzipFormat(std::string_view title = "");
  PackedPiece Head() const override { return head_; }
  PackedPiece Pack(std::string_view plain, std::int64_t records) const override;
  std::string Tail(const PackedPiece& all) const override;

 private:
  PackedPiece head_;
};

// An Avro object container file (specification 1.11) with codec deflate, a piece a block. The sync
// marker is made of the schema, so that the same records give the same bytes.
class AvroFormat final : public PackedFormat {
 public:
  explicit AvroFormat(std::string_view schema);
  PackedPiece Head() const override { return head_; }
  PackedPiece Pack(std::string_view plain, std::int64_t records) const override;
  std::string Tail(const PackedPiece& /*all*/) const override { return ""; }

 private:
  std::string sync_;
  PackedPiece head_;
};

// Avro's integers: zigzag, then seven bits a byte, the lowest first.
void AppendAvroLong(std::int64_t value, std::string& bytes);
// Avro's strings and bytes.
void AppendAvroText(std::string_view text, std::string& bytes);

}  // namespace weir::connectors
