#include "project/shape.h"

#include <utility>

namespace weir::project {

namespace {

Shape OfKind(Shape::Kind kind) {
  Shape shape;
  shape.kind = kind;
  return shape;
}

}  // namespace

Shape AnyText() {
  Shape shape = Text();
  shape.may_be_empty = true;
  return shape;
}

Shape Text() { return OfKind(Shape::Kind::kText); }

Shape Text(const TextFormat& format) {
  Shape shape = Text();
  shape.format = format;
  return shape;
}

Shape Scalar() {
  Shape shape = AnyText();
  shape.is_typed = true;
  return shape;
}

Shape Words(std::vector<std::string> words) {
  Shape shape = Text();
  shape.words = std::move(words);
  return shape;
}

Shape Integer(std::int64_t least) {
  Shape shape = OfKind(Shape::Kind::kInteger);
  shape.least = least;
  return shape;
}

Shape Number(std::int64_t least) {
  Shape shape = OfKind(Shape::Kind::kNumber);
  shape.least = least;
  return shape;
}

Shape Boolean() { return OfKind(Shape::Kind::kBoolean); }

Shape List(const Shape& items) {
  Shape shape = OfKind(Shape::Kind::kList);
  shape.parts = {items};
  return shape;
}

Shape TextList(const Shape& text) { return OneOf({text, List(text)}); }

Shape Dictionary(const Shape& values, const TextFormat& keys) {
  Shape shape = OfKind(Shape::Kind::kDictionary);
  shape.format = keys;
  shape.parts = {values};
  return shape;
}

Shape Record(std::vector<Key> keys) {
  Shape shape = OfKind(Shape::Kind::kRecord);
  shape.keys = std::move(keys);
  return shape;
}

Shape OneOf(std::vector<Shape> parts) {
  Shape shape = OfKind(Shape::Kind::kOneOf);
  shape.parts = std::move(parts);
  return shape;
}

Shape Any() { return OfKind(Shape::Kind::kAny); }

}  // namespace weir::project
