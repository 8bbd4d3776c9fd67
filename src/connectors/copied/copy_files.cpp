#include "connectors/copied/copy_files.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/byte_order_mark.h"
#include "base/error.h"
#include "base/failpoint.h"
#include "base/hashing.h"
#include "connectors/copied/partner_lines.h"
#include "connectors/files/gzip_file.h"
#include "connectors/files/local_path.h"
#include "connectors/kafka/kafka_cluster.h"
#include "connectors/topic/stored_bytes.h"
#include "data/column_builder.h"
#include "sql/staging_folder.h"
#include "storage/stores.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kBlock = std::uint64_t{8} << 20U;
// How many of a checksum's digits stand in a copy's name; more if names clash.
constexpr std::array<std::size_t, 3> kDigitsOfTarget = {0, 8, 32};

Schema CopiesSchema() {
  const auto field = [](const char* name, TypeKind kind) {
    return Field{.name = name, .type = PlainType(kind), .nullable = false};
  };
  return {{field("name", TypeKind::kString), field("target", TypeKind::kString),
           field("size", TypeKind::kLong), field("checksum", TypeKind::kString),
           field("lines", TypeKind::kLong)}};
}

// A file that was read, as it stands in run records: "<to> <name>\tsize=5 checksum=… modified=…".
struct CopyMark {
  std::string name;
  std::uint64_t size = 0;
  Micros modified = 0;
  std::string checksum;

  std::string ToText(const std::string& target) const {
    return fmt::format("{}\t{}\tsize={} checksum={} modified={}", target, name, size, checksum,
                       modified);
  }
};

std::optional<CopyMark> ParseMark(const std::string& text, const std::string& target) {
  if (!text.starts_with(target + "\t")) {
    return std::nullopt;
  }
  const std::size_t begin = target.size() + 1;
  const std::size_t end = text.rfind('\t');
  CopyMark mark;
  char checksum[33] = {};
  unsigned long long size = 0;
  long long modified = 0;
  if (end < begin || std::sscanf(text.c_str() + end, "\tsize=%llu checksum=%32s modified=%lld",
                                 &size, checksum, &modified) != 3) {
    return std::nullopt;
  }
  mark.name = text.substr(begin, end - begin);
  mark.size = size;
  mark.checksum = checksum;
  mark.modified = modified;
  return mark;
}

class FileCopies {
 public:
  explicit FileCopies(ConnectorContext& context)
      : context_(context),
        from_(Open("from")),
        target_(context.settings.at("to").get<std::string>()),
        convert_(context.settings.at("convert").get<std::string>()) {
    for (const std::string& text : context.finished) {
      if (auto mark = ParseMark(text, target_)) {
        Take(*mark);
        std::string name = mark->name;
        known_.emplace(std::move(name), *std::move(mark));
      }
    }
  }

  // Files that aren't known as they are now, in order of their names.
  std::vector<storage::ObjectInfo> New() const {
    std::vector<storage::ObjectInfo> files;
    for (const storage::ObjectInfo& object : from_->List("")) {
      const std::string name = object.key.substr(object.key.rfind('/') + 1);
      const auto [begin, end] = known_.equal_range(object.key);
      const bool is_known = std::any_of(begin, end, [&](const auto& mark) {
        return mark.second.size == object.size && mark.second.modified == object.modified;
      });
      if (!is_known && !name.starts_with('.') && !name.starts_with('_')) {
        files.push_back(object);
      }
    }
    return files;
  }

  // Where files go is looked at when there are some.
  ReadReport Copy() {
    ReadReport report;
    const std::vector<storage::ObjectInfo> files = New();
    if (files.empty()) {
      return report;
    }
    if (IsKafkaUrl(target_)) {
      throw UserError(
          "setting 'to' is '{}': files are copied into a folder, not into a topic of Kafka, and {} "
          "wait in {} ({} first); put their lines into the topic, and move them away",
          target_, files.size(), from_->Url(""), files.front().key);
    }
    context_.database.stores().CheckWritable(Root("to"));
    to_ = Open("to");
    std::int64_t left = context_.limit_bytes;
    for (const storage::ObjectInfo& file : files) {
      if (left <= 0) {
        break;
      }
      if (context_.stop.stop_requested()) {
        throw CancelledError();
      }
      report.finished.push_back(CopyOne(file).ToText(target_));
      left -= static_cast<std::int64_t>(file.size);
    }
    std::ranges::sort(report.finished);
    return report;
  }

  // The rows, once.
  std::optional<Batch> TakeRows() {
    if (names_.num_rows() == 0) {
      return std::nullopt;
    }
    const std::size_t rows = names_.num_rows();
    std::vector<Batch> columns;
    columns.push_back(names_.Finish());
    columns.push_back(targets_.Finish());
    columns.push_back(sizes_.Finish());
    columns.push_back(checksums_.Finish());
    columns.push_back(lines_.Finish());
    return StructOfColumns(rows, std::move(columns));
  }

 private:
  std::string Root(const char* setting) const {
    return FolderUrl(context_.folder, context_.settings.at(setting).get<std::string>());
  }

  std::unique_ptr<storage::ObjectStore> Open(const char* setting) const {
    return context_.database.stores().Open(Root(setting));
  }

  CopyMark CopyOne(const storage::ObjectInfo& file) {
    const sql::StagingFolder folder(context_.connection);
    const std::size_t end_of_name = file.key.rfind('.');
    const bool is_packed = file.key.ends_with(".gz") || file.key.ends_with(".zst");
    const fs::path staged =
        folder.path() / ("copy" + (is_packed ? file.key.substr(end_of_name) : std::string()));
    const CopyMark mark{.name = file.key,
                        .size = file.size,
                        .modified = file.modified,
                        .checksum = Stage(file, staged)};
    const auto [begin, end] = known_.equal_range(file.key);
    const bool was_copied = std::any_of(begin, end, [&](const auto& other) {
      return other.second.size == mark.size && other.second.checksum == mark.checksum;
    });
    if (was_copied) {  // only its time is another
      return mark;
    }
    const std::string target = FreeTargetOf(mark, begin != end);
    Take(mark);
    const std::int64_t lines = convert_ == "none" ? 0 : Convert(staged);
    Failpoint("copy:before-put");
    to_->PutFile(target, staged);
    Failpoint("copy:after-put");
    names_.Append(mark.name);
    targets_.Append(target);
    sizes_.Append(static_cast<std::int64_t>(mark.size));
    checksums_.Append(mark.checksum);
    lines_.Append(lines);
    return mark;
  }

  // Brings a file's bytes here. Its checksum: XXH128 of the XXH128s of its blocks of 8 MiB.
  std::string Stage(const storage::ObjectInfo& file, const fs::path& staged) const {
    std::ofstream out(staged, std::ios::binary);
    std::string hashes;
    for (std::uint64_t at = 0; at < file.size; at += kBlock) {
      const std::string block = from_->GetRange(file.key, at, std::min(kBlock, file.size - at));
      if (block.size() != std::min(kBlock, file.size - at)) {
        throw ExternalError("{}: it became shorter while it was read", from_->Url(file.key));
      }
      hashes += ToHex(HashOf(block));
      out << block;
    }
    out.close();
    if (!out) {
      throw ExternalError("{}: can't be written", staged.string());
    }
    return ToHex(HashOf(hashes));
  }

  // Every name that a file's copy may have gone to is its own.
  void Take(const CopyMark& mark) {
    for (const std::size_t digits : kDigitsOfTarget) {
      taken_.emplace(TargetOf(mark, digits), mark.name);
    }
  }

  // The first name that no other file's copy may have; `was_there` is whether another content was
  // copied under the file's own.
  std::string FreeTargetOf(const CopyMark& mark, bool was_there) const {
    for (const std::size_t digits : kDigitsOfTarget) {
      std::string target = TargetOf(mark, digits);
      const auto [begin, end] = taken_.equal_range(target);
      const bool is_free =
          std::all_of(begin, end, [&](const auto& other) { return other.second == mark.name; });
      if (is_free && (digits > 0 || !was_there)) {
        return target;
      }
    }
    throw UserError("{}: a copy of another file has its name; rename it", from_->Url(mark.name));
  }

  // The copy's name, with so many digits of the checksum in it.
  std::string TargetOf(const CopyMark& mark, std::size_t digits) const {
    std::string name = mark.name;
    if (convert_ != "none") {
      for (const char* packing : {".gz", ".zst"}) {
        if (name.ends_with(packing)) {
          name.resize(name.size() - std::string_view(packing).size());
        }
      }
    }
    const std::size_t slash = name.rfind('/') + 1;
    const std::size_t dot = std::min(name.find('.', slash), name.size());
    if (digits > 0) {
      name.insert(dot, "." + mark.checksum.substr(0, digits));
    }
    return convert_ == "none" ? name : name + ".ndjson.gz";
  }

  // The file's lines as raw events, in its place. Returns how many.
  std::int64_t Convert(const fs::path& staged) const {
    PartnerLines partner(convert_ == "sharethis" ? PartnerFormat::kShareThis
                                                 : PartnerFormat::kAcross33);
    const fs::path packed = staged.parent_path() / "converted";
    GzipFile out(packed);
    const auto folder = storage::OpenStore(staged.parent_path().string());
    const auto bytes = OpenStored(*folder, staged.filename().string());
    std::string text;
    std::string events;
    std::int64_t lines = 0;
    for (bool is_end = false; !is_end;) {
      const std::size_t before = text.size();
      bytes->Append(kBlock, text);
      is_end = text.size() == before;
      if (before == 0 && lines == 0 && text.starts_with(kByteOrderMark)) {
        text.erase(0, kByteOrderMark.size());
      }
      std::size_t begin = 0;
      for (std::size_t end = text.find('\n'); end != std::string::npos;
           end = text.find('\n', begin)) {
        partner.Append(std::string_view(text).substr(begin, end - begin), events);
        begin = end + 1;
        ++lines;
      }
      text.erase(0, begin);
      if (is_end && !text.empty()) {
        partner.Append(text, events);
        ++lines;
      }
      out.Write(events);
      events.clear();
    }
    out.Finish();
    fs::rename(packed, staged);
    return lines;
  }

  ConnectorContext& context_;
  std::unique_ptr<storage::ObjectStore> from_;
  std::unique_ptr<storage::ObjectStore> to_;
  const std::string target_;
  const std::string convert_;
  std::multimap<std::string, CopyMark> known_;     // by name
  std::multimap<std::string, std::string> taken_;  // whose copies they may be, by target
  TextColumn names_;
  TextColumn targets_;
  NumberColumn<std::int64_t> sizes_;
  TextColumn checksums_;
  NumberColumn<std::int64_t> lines_;
};

class CopyFiles final : public Connector {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
        .name = "copy_files",
        .doc = "Copies new files from one folder or bucket to another, each once.",
        .version = 1,
        .settings = {{Direction::kIn,
                      {{.name = "from",
                        .required = true,
                        .doc = "where files arrive: a folder, relative to the project, or s3://…"},
                       {.name = "to", .required = true, .doc = "where they are copied to"},
                       {.name = "convert",
                        .standard = "none",
                        .allowed = {"none", "sharethis", "33across"},
                        .doc = "a partner's format: copies are NDJSON of raw events, gzipped"}}}},
        .effect = Effect::kFile};
    return kDeclaration;
  }

  void CheckSettings(Direction /*direction*/, const nlohmann::json& settings) const override {
    if (const auto path = settings.value("from", ""); !IsS3Url(path)) {
      CheckLocalPath(path);
    }
    // Where the project's topics lie in Kafka there may be no partners' files: that `to` can't be
    // one is said when there is one.
    if (const auto path = settings.value("to", ""); IsKafkaUrl(path)) {
      ParseKafkaUrl(path);
    } else if (!IsS3Url(path)) {
      CheckLocalPath(path);
    }
  }

  std::optional<Schema> Columns(const nlohmann::json& /*settings*/) const override {
    return CopiesSchema();
  }

  TopicLinks Topics(const ConnectorContext& context) const override {
    const auto folder = [&](const char* setting) {
      return std::string(WithoutEndSlashes(
          FolderUrl(context.folder, context.settings.at(setting).get<std::string>())));
    };
    const auto target = context.settings.at("to").get<std::string>();
    return {.read = {folder("from")},
            .written = {IsKafkaUrl(target) ? KafkaTopicLink(ParseKafkaUrl(target).topic)
                                           : folder("to")}};
  }

  std::vector<PendingInput> Pending(ConnectorContext& context) const override {
    std::vector<PendingInput> pending;
    const FileCopies copies(context);
    for (const storage::ObjectInfo& file : copies.New()) {
      pending.push_back({.identity = file.key, .bytes = static_cast<std::int64_t>(file.size)});
    }
    return pending;
  }

  ReadReport Read(ConnectorContext& context) const override {
    FileCopies copies(context);
    ReadReport report = copies.Copy();
    auto rows = std::make_shared<std::optional<Batch>>(copies.TakeRows());
    context.connection.RegisterStream(context.relation, CopiesSchema(),
                                      [rows] { return std::exchange(*rows, std::nullopt); });
    return report;
  }
};

}  // namespace

std::unique_ptr<Connector> MakeCopyFiles() { return std::make_unique<CopyFiles>(); }

}  // namespace weir::connectors
