#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

#include "connectors/activation/delivery_journal.h"
#include "sql/database.h"

namespace weir::connectors {

// What a delivery is planned from.
struct PlanInput {
  std::filesystem::path segment_folders;  // the root of segment_files.h
  std::string day;                        // folders up to this one are taken
  std::string run_id;
  // Relations. At which seats the destination's segments shall be: (member_id BIGINT,
  // dsp_segment_id BIGINT).
  std::string routes;
  // Whom it shall have at the end of the day: (dsp_segment_id BIGINT, dsp_user_id VARCHAR, since
  // TIMESTAMP WITH TIME ZONE); of seats that change also until TIMESTAMP WITH TIME ZONE and value
  // BIGINT.
  std::string members;
  int threads = 1;
  double most_left_out = 1;  // the share of a seat's users whose ids can't be the destination's
  std::stop_token stop{};
};

// Takes the complete folders up to the day that no delivery of the journal stands for, and puts
// what differs for this destination into a new delivery of it. Changes are the users and segments
// that the folders name; what becomes of them is what `members` says, so that a segment's number
// may be shared, and days may come together: who is among them is added or renewed until the latest
// time of the folders' lines, who isn't is removed, unless the folders are of several days and the
// journal says that he was never there. Segments that change their seat are left to
// PlanSeatMoves(). Absent if there is no such folder. All deliveries must be done.
// Nothing is held whole, neither lines nor members: both are gone through by user (merged_lines.h,
// held_members.h), so that memory doesn't grow with them. The time of an earliest folder, from
// which on members are new to the destination, is that of the first line of each. The files are the
// same for any number of threads. Users whose ids can't be the destination's are left out and
// counted; throws UserError for more of them than may be.
std::optional<Delivery> PlanDelivery(const PlanInput& input, const Destination& destination,
                                     DeliveryJournal& journal, sql::Connection& connection);

// Puts what seats lack, or have too much, into a new delivery: a segment whose seat is another than
// before is emptied there and filled here with all of its members, and one whose last file was
// refused is sent again. Absent if every segment is where it shall be. All deliveries must be done.
std::optional<Delivery> PlanSeatMoves(const PlanInput& input, const Destination& destination,
                                      DeliveryJournal& journal, sql::Database& database,
                                      sql::Connection& connection);

// Who shall be taken back from a destination.
struct TakenBack {
  std::string users;  // SQL with a column user_id, as the destination knows them
  std::string run_id;
};

// Puts the removal of users from every segment that the journal's deliveries put them into into a
// new delivery, of the day of the newest one: no later delivery waits for it. Its changes.parquet
// names nobody. Absent if the destination has none of them. All deliveries must be done.
std::optional<Delivery> PlanTakingBack(const TakenBack& taken, const Destination& destination,
                                       DeliveryJournal& journal, sql::Connection& connection);

}  // namespace weir::connectors
