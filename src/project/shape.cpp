#include "project/shape.h"

#include <utility>

namespace weir::project {

Shape AnyText() { return {.kind = Shape::Kind::kText, .may_be_empty = true}; }

Shape Text() { return {.kind = Shape::Kind::kText}; }

Shape Text(const TextFormat& format) { return {.kind = Shape::Kind::kText, .format = format}; }

Shape Scalar() { return {.kind = Shape::Kind::kText, .may_be_empty = true, .is_typed = true}; }

Shape Words(std::vector<std::string> words) {
  return {.kind = Shape::Kind::kText, .words = std::move(words)};
}

Shape Integer(std::int64_t least) { return {.kind = Shape::Kind::kInteger, .least = least}; }

Shape Number(std::int64_t least) { return {.kind = Shape::Kind::kNumber, .least = least}; }

Shape Boolean() { return {.kind = Shape::Kind::kBoolean}; }

Shape List(const Shape& items) { return {.kind = Shape::Kind::kList, .parts = {items}}; }

Shape TextList(const Shape& text) { return OneOf({text, List(text)}); }

Shape Dictionary(const Shape& values, const TextFormat& keys) {
  return {.kind = Shape::Kind::kDictionary, .format = keys, .parts = {values}};
}

Shape Record(std::vector<Key> keys) {
  return {.kind = Shape::Kind::kRecord, .keys = std::move(keys)};
}

Shape OneOf(std::vector<Shape> parts) {
  return {.kind = Shape::Kind::kOneOf, .parts = std::move(parts)};
}

Shape Any() { return {.kind = Shape::Kind::kAny}; }

}  // namespace weir::project
