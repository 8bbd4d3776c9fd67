#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "connectors/activation/change_finder.h"
#include "connectors/activation/delivery_journal.h"
#include "sql/database.h"

// At which seats a destination has its segments, and what becomes of those that change: a segment
// that goes from one seat to another is emptied there and filled here, whole. Seats stand in no
// table of members: the journal says where they were, the routes where they shall be.
namespace weir::connectors {

using RouteSet = std::set<SegmentRoute>;

// Of a relation (member_id, dsp_segment_id): where segments shall be.
RouteSet ReadRoutes(const std::string& relation, sql::Connection& connection);

// Where segments are once the deliveries are done: what the newest notes, less what its refused
// files were to bring about. For a journal that notes none (written before it did), whatever its
// changes name. All must be done.
std::vector<NotedRoute> RoutesAfter(const DeliveryJournal& journal,
                                    const std::vector<Delivery>& deliveries,
                                    sql::Connection& connection);

struct SeatMoves {
  RouteSet fill;   // not settled, or of a segment that another seat had: gets all members
  RouteSet empty;  // no longer where the segment shall be: loses all
  bool none() const { return fill.empty() && empty.empty(); }
};

SeatMoves FindSeatMoves(const std::vector<NotedRoute>& known, const RouteSet& current);

// SQL (member_id, dsp_segment_id, dsp_user_id): whom a destination has by the last word of the
// deliveries' files that it took.
std::string HeldByJournalSql(const DeliveryJournal& journal,
                             const std::vector<Delivery>& deliveries);

struct SeatMoveInput {
  std::string members;           // as PlanInput has it, with until and value
  std::string held;              // of HeldByJournalSql()
  std::int64_t timestamp = 0;    // of the changes, in seconds since 1970
  std::filesystem::path folder;  // gets a file for a while
};

// The changes that moves need, in blocks by seat and user; it isn't all in memory. A statement of
// `connection` makes them; they are read by another of the same database. One thread.
class SeatMoveChanges {
 public:
  SeatMoveChanges(const SeatMoves& moves, const SeatMoveInput& input, sql::Database& database,
                  sql::Connection& connection);
  SeatMoveChanges(const SeatMoveChanges&) = delete;
  SeatMoveChanges& operator=(const SeatMoveChanges&) = delete;
  ~SeatMoveChanges();

  // Null at the end.
  std::shared_ptr<MemberChanges> Next();

 private:
  struct Rows;
  std::filesystem::path file_;
  std::unique_ptr<Rows> rows_;
};

}  // namespace weir::connectors
