#pragma once

#include <cstdint>

// The Arrow C data interface (https://arrow.apache.org/docs/format/CDataInterface.html), as its
// specification spells it, so that any library's copy of these structs is compatible.
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

extern "C" {
struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  std::int64_t flags;
  std::int64_t n_children;
  struct ArrowSchema** children;
  struct ArrowSchema* dictionary;
  void (*release)(struct ArrowSchema*);
  void* private_data;
};

struct ArrowArray {
  std::int64_t length;
  std::int64_t null_count;
  std::int64_t offset;
  std::int64_t n_buffers;
  std::int64_t n_children;
  const void** buffers;
  struct ArrowArray** children;
  struct ArrowArray* dictionary;
  void (*release)(struct ArrowArray*);
  void* private_data;
};
}

#endif  // ARROW_C_DATA_INTERFACE

namespace weir {

// Owns an ArrowSchema: releases it once.
class OwnedArrowSchema {
 public:
  OwnedArrowSchema() = default;
  OwnedArrowSchema(OwnedArrowSchema&& other) noexcept;
  OwnedArrowSchema& operator=(OwnedArrowSchema&& other) noexcept;
  OwnedArrowSchema(const OwnedArrowSchema&) = delete;
  OwnedArrowSchema& operator=(const OwnedArrowSchema&) = delete;
  ~OwnedArrowSchema();

  ArrowSchema* get() { return &schema_; }
  const ArrowSchema* get() const { return &schema_; }

 private:
  ArrowSchema schema_{};
};

// Owns an ArrowArray: releases it once. A record batch is a struct array, one child a column.
class Batch {
 public:
  Batch() = default;
  Batch(Batch&& other) noexcept;
  Batch& operator=(Batch&& other) noexcept;
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  ~Batch();

  ArrowArray* get() { return &array_; }
  const ArrowArray* get() const { return &array_; }
  std::int64_t num_rows() const { return array_.length; }

 private:
  ArrowArray array_{};
};

}  // namespace weir
