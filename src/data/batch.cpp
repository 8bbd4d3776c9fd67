#include "data/batch.h"

namespace weir {
namespace {

template <typename Struct>
void Release(Struct& held) {
  if (held.release != nullptr) {
    held.release(&held);
    held.release = nullptr;
  }
}

// Takes what `from` holds; the interface says that a moved struct is marked by a null release.
template <typename Struct>
Struct Take(Struct& from) {
  Struct taken = from;
  from.release = nullptr;
  return taken;
}

}  // namespace

OwnedArrowSchema::OwnedArrowSchema(OwnedArrowSchema&& other) noexcept
    : schema_(Take(other.schema_)) {}

OwnedArrowSchema& OwnedArrowSchema::operator=(OwnedArrowSchema&& other) noexcept {
  if (this != &other) {
    Release(schema_);
    schema_ = Take(other.schema_);
  }
  return *this;
}

OwnedArrowSchema::~OwnedArrowSchema() { Release(schema_); }

Batch::Batch(Batch&& other) noexcept : array_(Take(other.array_)) {}

Batch& Batch::operator=(Batch&& other) noexcept {
  if (this != &other) {
    Release(array_);
    array_ = Take(other.array_);
  }
  return *this;
}

Batch::~Batch() { Release(array_); }

}  // namespace weir
