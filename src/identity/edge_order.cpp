#include "identity/edge_order.h"

namespace weir::identity {

std::pair<IdNumber, IdNumber> KeyOf(const IdDictionary& ids, const Edge& edge) {
  return ids.Precedes(edge.b, edge.a) ? std::pair(edge.b, edge.a) : std::pair(edge.a, edge.b);
}

bool KeyIsLess(const IdDictionary& ids, const Edge& left, const Edge& right) {
  const auto [a, b] = KeyOf(ids, left);
  const auto [c, d] = KeyOf(ids, right);
  return a == c ? ids.Precedes(b, d) : ids.Precedes(a, c);
}

bool IsStronger(const IdDictionary& ids, const Edge& left, const Edge& right) {
  if (left.calls != right.calls) {
    return left.calls > right.calls;
  }
  return left.first_seen == right.first_seen ? KeyIsLess(ids, left, right)
                                             : left.first_seen < right.first_seen;
}

}  // namespace weir::identity
