#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/declared_settings.h"
#include "connectors/activation/pace.h"
#include "connectors/activation/packed_format.h"

namespace weir::storage {
class Stores;
}

// The seam for whoever takes segments: a DSP's API, a bucket, a folder. One shape for all: changes
// are planned alike (delivery_plan.h), then encoded, delivered and confirmed by the destination.
namespace weir::connectors {

// What becomes of one user in one segment.
struct SegmentChange {
  std::int64_t segment = 0;  // the destination's number
  bool remove = false;
  bool renew = false;          // of additions: it had them already
  std::int64_t timestamp = 0;  // seconds since 1970
  std::int64_t minutes = 0;    // from then until it runs out; of additions
  std::int64_t value = 0;
};

// Views, for the time of a call.
struct UserChanges {
  std::string_view user;  // as the destination knows it
  std::span<const SegmentChange> changes;
};

// A file of a delivery.
struct OutgoingFile {
  std::string name;
  std::int64_t member = 0;  // the seat at the destination that it is for
  std::int64_t bytes = 0;
  std::int64_t users = 0;
  std::int64_t lines = 0;    // users in segments
  std::int64_t removed = 0;  // of the lines
  // Users of the member's whole part of the delivery who are in none of its files, as their ids
  // can't be the destination's; at the first of them.
  std::int64_t left_out = 0;
};

// How a destination's files are made of users. Thread-safe: several threads encode at once.
class ChangeEncoder {
 public:
  virtual ~ChangeEncoder() = default;
  // Appends a user's bytes, as they are before the file's format packs them. Returns false, and
  // appends nothing, for an id that can't be the destination's: partners and browsers bring such.
  // Throws UserError, which doesn't say the id, for what else can't be said.
  [[nodiscard]] virtual bool Append(const UserChanges& user, std::string& bytes) const = 0;
  // Why a change can't be said in a file, as "the segment's number is 0; …"; empty: it can be. Such
  // changes are left out, and don't come to Append(). No id of a user is in it.
  virtual std::string WhyNot(const SegmentChange& /*change*/) const { return {}; }
  // What ids are, for messages: "numbers from 1 to 18446744073709551615".
  virtual std::string AllowedIds() const = 0;
  virtual const PackedFormat& format() const = 0;
  // The name of a member's file of this delivery, from 0. Throws UserError for one that can't be.
  virtual std::string NameOf(std::size_t index) const = 0;
  // As stored, at most; only a user that is larger alone makes a larger file.
  virtual std::int64_t bytes_of_file() const = 0;
};

struct EncoderPlace {
  std::string delivery;  // "2026-01-31.1"
  std::int64_t member = 0;
};

// What a destination keeps of a file on its way, so that it can be asked for after a crash: any
// JSON object. It is durable once Keep() has returned.
class FileNotes {
 public:
  using Keeper = std::function<void(const nlohmann::json&)>;
  FileNotes(nlohmann::json value, Keeper keep) : value_(std::move(value)), keep_(std::move(keep)) {}

  const nlohmann::json& value() const { return value_; }
  void Keep(nlohmann::json value) {
    keep_(value);
    value_ = std::move(value);
  }

 private:
  nlohmann::json value_;
  Keeper keep_;
};

struct FileOnItsWay {
  const OutgoingFile& file;
  std::filesystem::path path;
  FileNotes& notes;
};

// How the destination says it went.
struct Outcome {
  bool accepted = false;
  std::string job_id{};                            // the destination's name for it
  std::string phase{};                             // "completed", "error": its own word
  std::map<std::string, std::int64_t> counters{};  // "num_valid" …; none if it doesn't count
  std::vector<std::string> error_lines{};
  // Those of the counters that are of lines which the destination refused; a user whom it doesn't
  // know is none: that is the match rate.
  std::map<std::string, std::int64_t> refused_lines{};
  // Why a file that it read doesn't count as accepted: it refused too much of it.
  std::string refusal{};
};

// One destination that is configured. Failures at the other side are ExternalErrors, without
// secrets; a stop is a CancelledError. One thread.
class Destination {
 public:
  virtual ~Destination() = default;
  // Used as long as the destination lives.
  virtual std::unique_ptr<ChangeEncoder> Encoder(const EncoderPlace& place) const = 0;
  // The settings that the bytes of files depend on, as text, for the plan of a delivery. A file
  // that was encoded by others isn't sent any more where it can't have arrived.
  virtual std::string EncodingText() const { return {}; }
  // Throws UserError for seats that one delivery can't be for. Thread-safe.
  virtual void CheckSeats(const std::set<std::int64_t>& /*members*/) const {}
  // Whether the other side has, or may have, what the notes name. Asked before Deliver().
  virtual bool MayHaveArrived(const FileOnItsWay& /*file*/) { return true; }
  // Makes the other side have the file; called again after a crash or a failure, it first asks for
  // what its notes name.
  virtual void Deliver(const FileOnItsWay& file) = 0;
  // Waits until the other side says what became of it.
  virtual Outcome Confirm(const FileOnItsWay& file) = 0;
};

struct DestinationContext {
  std::map<std::string, std::string> settings;  // of the connection
  std::filesystem::path project_folder;
  std::stop_token stop;
  Pace& pace;                     // of requests, kept between runs
  const storage::Stores& stores;  // where files are put
};

// One line of the table of destinations: a connector of its own name. Files in `folder` that end in
// .csv.gz have the header identifier,add,remove: who is put into segments and taken out.
struct DestinationKind {
  std::string name;
  std::string doc;
  std::vector<Setting> connection;
  // The folder of this project that it puts files into, by settings of the connection, for whoever
  // fetches them: relative to the project. Absent for one that sends to another place.
  std::function<std::string(const std::map<std::string, std::string>& settings)> folder{};
  // What is wrong with a connection's settings, whose names and types are right, before anything is
  // opened: UserError. A text may still hold "{secret.x}".
  std::function<void(const nlohmann::json& settings)> check;
  // Throws UserError for settings that can't be.
  std::function<std::unique_ptr<Destination>(const DestinationContext&)> open;
};

}  // namespace weir::connectors
