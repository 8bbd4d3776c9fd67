#include "connectors/activation/delivery_files.h"

#include <algorithm>
#include <ranges>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/log.h"
#include "data/column_builder.h"
#include "data/schema.h"
#include "sql/quote.h"

namespace weir::connectors {
namespace {

constexpr auto kRowsName = "weir_delivered_changes";

Schema SchemaOfRows() {
  const auto field = [](const char* name, TypeKind kind) {
    return Field{.name = name, .type = PlainType(kind)};
  };
  return {{field("member_id", TypeKind::kLong), field("dsp_segment_id", TypeKind::kLong),
           field("dsp_user_id", TypeKind::kString), field("action", TypeKind::kString),
           field("ts", TypeKind::kLong), field("file", TypeKind::kString)}};
}

std::string CopyRows(const std::filesystem::path& folder) {
  return fmt::format("COPY (FROM {}) TO {} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)",
                     kRowsName, sql::QuoteText((folder / "changes.parquet").string()));
}

std::string_view ActionOf(const SegmentChange& change) {
  return change.remove ? "removed" : change.renew ? "renewed" : "sent";
}

}  // namespace

// A piece of a seat's file with its rows, but for the columns that are the same in all of them.
struct DeliveryFiles::MemberPiece {
  std::int64_t member = 0;
  EncodedPiece encoded;
  LeftOutUsers left_out;
  UntoldSegments untold;
  std::int64_t removed = 0;
  NumberColumn<std::int64_t> segments;
  TextColumn users;
  TextColumn actions;
  NumberColumn<std::int64_t> timestamps;

  // The changes that can be said, in `kept` if some can't be; the others are counted.
  std::span<const SegmentChange> Sayable(std::span<const SegmentChange> changes,
                                         const ChangeEncoder& encoder,
                                         std::vector<SegmentChange>& kept) {
    if (std::ranges::all_of(changes,
                            [&](const auto& each) { return encoder.WhyNot(each).empty(); })) {
      return changes;
    }
    kept.clear();
    for (const SegmentChange& change : changes) {
      std::string why = encoder.WhyNot(change);
      if (why.empty()) {
        kept.push_back(change);
        continue;
      }
      Untold& segment = untold[change.segment];
      segment.why = segment.lines == 0 ? std::move(why) : segment.why;
      segment.lines += 1;
    }
    return kept;
  }

  void AddRows(const UserChanges& user) {
    for (const SegmentChange& change : user.changes) {
      segments.Append(change.segment);
      users.Append(user.user);
      actions.Append(ActionOf(change));
      timestamps.Append(change.timestamp);
    }
  }
};

DeliveryFiles::DeliveryFiles(const DeliveryFilesOptions& options, const Destination& destination,
                             sql::Connection& connection)
    : options_(options),
      destination_(destination),
      rows_({.name = kRowsName, .schema = SchemaOfRows()}, CopyRows(options.folder), connection) {}

DeliveryFiles::~DeliveryFiles() = default;

void DeliveryFiles::Write(std::function<MemberChanges()> find) {
  pieces_.push_back(
      std::async(std::launch::async, [this, find = std::move(find)] { return Encode(find()); }));
  if (std::cmp_greater(pieces_.size(), options_.threads)) {
    PutOldest();
  }
}

std::vector<OutgoingFile> DeliveryFiles::Finish() {
  while (!pieces_.empty()) {
    PutOldest();
  }
  rows_.Finish();
  std::vector<OutgoingFile> files;
  for (auto& [member, seat] : seats_) {
    std::int64_t users = 0;
    std::int64_t left_out = seat.left_out.users();
    const std::vector<PackedFile> packed = seat.files->Finish();
    for (std::size_t i = 0; i < packed.size(); ++i) {
      const PackedFile& file = packed[i];
      files.push_back({.name = file.name,
                       .member = member,
                       .bytes = file.bytes,
                       .users = file.users,
                       .lines = file.lines,
                       .removed = seat.removed[i],
                       .left_out = std::exchange(left_out, 0)});
      users += file.users;
    }
    CheckLeftOut(member, seat, users);
    NoteUntold(member, seat);
  }
  return files;
}

void DeliveryFiles::NoteUntold(std::int64_t member, const Seat& seat) {
  for (const auto& [segment, untold] : seat.untold) {
    untold_.insert({.segment = segment, .member = member});
    LogWarning("delivery {}, member {}: {} lines of segment {} are left out: {}", options_.delivery,
               member, untold.lines, segment, untold.why);
  }
}

void DeliveryFiles::CheckLeftOut(std::int64_t member, const Seat& seat,
                                 std::int64_t users_sent) const {
  const std::int64_t users = seat.left_out.users();
  const std::int64_t all = users_sent + users;
  const std::string text = fmt::format("delivery {}, member {}: {}", options_.delivery, member,
                                       seat.left_out.Text(all, seat.encoder->AllowedIds()));
  if (!MayBeLeftOut(users, all, options_.most_left_out)) {
    throw UserError("{}; 'most_left_out' allows a share of {}", text, options_.most_left_out);
  }
  if (users > 0) {
    LogWarning("{}", text);
  }
}

DeliveryFiles::Seat& DeliveryFiles::SeatOf(std::int64_t member) {
  const std::lock_guard lock(mutex_);
  Seat& seat = seats_[member];
  if (!seat.encoder) {
    const auto members = std::views::keys(seats_);
    destination_.CheckSeats({members.begin(), members.end()});
    seat.encoder = destination_.Encoder({.delivery = options_.delivery, .member = member});
    seat.files = std::make_unique<PackedFiles>(
        seat.encoder->format(),
        PackedFileOptions{.folder = options_.folder / "files",
                          .name_of = [&encoder = *seat.encoder](
                                         std::size_t index) { return encoder.NameOf(index); },
                          .bytes_of_file = seat.encoder->bytes_of_file()});
  }
  return seat;
}

std::vector<DeliveryFiles::MemberPiece> DeliveryFiles::Encode(const MemberChanges& changes) {
  std::vector<MemberPiece> pieces;
  for (const auto& [member, block] : changes) {
    const ChangeEncoder& encoder = *SeatOf(member).encoder;
    const std::int64_t most = PlainBytesOfPiece(encoder.bytes_of_file());
    std::string plain;
    std::vector<SegmentChange> kept;
    pieces.emplace_back().member = member;
    for (std::size_t i = 0; i < block.num_users(); ++i) {
      if (std::ssize(plain) >= most) {
        EndPiece(pieces.back(), plain);
        pieces.emplace_back().member = member;
      }
      MemberPiece& piece = pieces.back();
      const UserChanges user{.user = block.user(i),
                             .changes = piece.Sayable(block.entries(i), encoder, kept)};
      if (user.changes.empty()) {
        continue;
      }
      if (!encoder.Append(user, plain)) {
        piece.left_out.Add(user.user);
        continue;
      }
      piece.encoded.users += 1;
      piece.encoded.lines += std::ssize(user.changes);
      piece.removed += std::ranges::count(user.changes, true, &SegmentChange::remove);
      if (options_.names_users) {
        piece.AddRows(user);
      }
    }
    EndPiece(pieces.back(), plain);
  }
  return pieces;
}

void DeliveryFiles::EndPiece(MemberPiece& piece, std::string& plain) {
  if (piece.encoded.users > 0) {
    piece.encoded.packed = SeatOf(piece.member).encoder->format().Pack(plain, piece.encoded.users);
  }
  plain.clear();
}

void DeliveryFiles::PutOldest() {
  std::vector<MemberPiece> pieces = pieces_.front().get();
  pieces_.pop_front();
  for (MemberPiece& piece : pieces) {
    Seat& seat = SeatOf(piece.member);
    seat.left_out.Append(piece.left_out);
    for (auto& [segment, untold] : piece.untold) {
      Untold& all = seat.untold[segment];
      all.why = all.lines == 0 ? std::move(untold.why) : all.why;
      all.lines += untold.lines;
    }
    if (piece.encoded.users == 0) {
      continue;
    }
    PackedFiles& files = *seat.files;
    const std::size_t file = files.Append(piece.encoded);
    seat.removed.resize(file + 1);
    seat.removed[file] += piece.removed;
    if (options_.names_users) {
      PutRows(piece, files.NameOf(file));
    }
  }
}

void DeliveryFiles::PutRows(MemberPiece& piece, const std::string& file) {
  const std::size_t rows = piece.segments.num_rows();
  NumberColumn<std::int64_t> members;
  members.Reserve(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    members.Append(piece.member);
  }
  TextColumn files;
  files.AppendRepeated(file, rows);
  std::vector<Batch> columns;
  columns.push_back(members.Finish());
  columns.push_back(piece.segments.Finish());
  columns.push_back(piece.users.Finish());
  columns.push_back(piece.actions.Finish());
  columns.push_back(piece.timestamps.Finish());
  columns.push_back(files.Finish());
  rows_.Push(StructOfColumns(rows, std::move(columns)));
}

}  // namespace weir::connectors
