#pragma once

#include <utility>

#include "identity/edge.h"

// The strict order of edges in which forests grow.
namespace weir::identity {

// A pair with the lesser id first: an edge's key.
std::pair<IdNumber, IdNumber> KeyOf(const IdDictionary& ids, const Edge& edge);
bool KeyIsLess(const IdDictionary& ids, const Edge& left, const Edge& right);

// By calls, most first, then by first_seen, then by key.
bool IsStronger(const IdDictionary& ids, const Edge& left, const Edge& right);

}  // namespace weir::identity
