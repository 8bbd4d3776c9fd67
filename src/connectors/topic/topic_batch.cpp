#include "connectors/topic/topic_batch.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "base/error.h"
#include "connectors/secor/secor_path.h"
#include "connectors/topic/stored_bytes.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kReadChunk = std::size_t{1} << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kLeast = std::size_t{1} << 16;

std::string_view NameIn(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool IsTopicFile(std::string name, const TopicFilter& filter) {
  if (filter.is_secor) {
    return !name.starts_with('.') && !name.starts_with('_');
  }
  for (const char* packing : {".gz", ".zst"}) {
    if (name.ends_with(packing)) {
      name.resize(name.size() - std::strlen(packing));
      break;
    }
  }
  return !name.starts_with('.') && !name.starts_with('_') &&
         std::ranges::any_of(filter.suffixes,
                             [&](const std::string& suffix) { return name.ends_with(suffix); });
}

// Where batches that read a file stopped, by file.
std::map<std::string, std::vector<TopicPosition>> Positions(const std::string& topic,
                                                            const std::set<std::string>& finished) {
  std::map<std::string, std::vector<TopicPosition>> positions;
  const std::string prefix = topic + "/";
  for (auto text = finished.lower_bound(prefix);
       text != finished.end() && text->starts_with(prefix); ++text) {
    if (auto position = ParseTopicPosition(*text)) {
      positions[position->partition].push_back(*std::move(position));
    }
  }
  return positions;
}

// Whether a file is what it was when it was read so far, or that and more behind it.
bool GoesOn(const storage::ObjectStore& folder, const TopicFile& file, const TopicPosition& before,
            const TopicFilter& filter) {
  if (filter.is_secor) {
    return before.size == file.size && before.version == file.version;
  }
  const bool may_grow = PackingOf(file.partition) == Packing::kPlain;
  return before.size <= file.size && (before.size == file.size || may_grow) &&
         HeadOf(folder, file.partition, before.size) == before.head;
}

// What is left of one file; absent if nothing is. `before` is where batches stopped in it, also in
// others of its name.
std::optional<TopicRest> RestOf(const storage::ObjectStore& folder, const TopicFile& file,
                                std::vector<TopicPosition> before, const TopicFilter& filter) {
  std::ranges::sort(before, std::greater(), &TopicPosition::read);
  for (const TopicPosition& position : before) {
    const bool is_same =
        position.size == file.size && (!filter.is_secor || position.version == file.version);
    if (is_same && position.is_whole) {
      return std::nullopt;
    }
  }
  for (const TopicPosition& position : before) {
    if (GoesOn(folder, file, position, filter)) {
      return TopicRest{.file = file, .read = position.read, .lines = position.lines};
    }
  }
  return TopicRest{.file = file};
}

// Cuts the bytes between lines; what is behind the last line feed counts as a line at the file's
// end only.
void Cut(TopicLines& part, bool at_end, bool growing) {
  std::size_t begin = 0;
  const std::string_view bytes = *part.bytes;
  while (begin < bytes.size()) {
    const void* found = std::memchr(bytes.data() + begin, '\n', bytes.size() - begin);
    if (found == nullptr) {
      break;
    }
    const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
    part.lines.push_back(bytes.substr(begin, end - begin));
    begin = end + 1;
  }
  if (begin < bytes.size() && at_end && !growing) {
    const bool is_empty_file =
        part.first_offset == 1 && part.lines.empty() && bytes == kByteOrderMark;
    if (!is_empty_file) {
      part.lines.push_back(bytes.substr(begin));
    }
    begin = bytes.size();
  }
  part.after.read += static_cast<std::int64_t>(begin);
  part.after.lines += static_cast<std::int64_t>(part.lines.size());
  part.after.is_whole = at_end;
}

class BatchReader {
 public:
  BatchReader(const TopicBatchRequest& request, std::stop_token stop)
      : request_(request), stop_(std::move(stop)), left_(request.limit) {}

  bool IsFull() const { return left_ <= 0; }

  TopicLines Read(const TopicRest& rest) {
    TopicLines part{.partition = rest.file.partition,
                    .first_offset = rest.lines + 1,
                    .bytes = std::make_unique<std::string>()};
    part.after = {.topic = request_.topic,
                  .partition = rest.file.partition,
                  .size = rest.file.size,
                  .read = rest.read,
                  .lines = rest.lines,
                  .version = rest.file.version,
                  .head = HeadOf(request_.folder, rest.file.partition, rest.file.size)};
    const auto stored = OpenStored(request_.folder, rest.file.partition);
    stored->Skip(rest.read);
    const bool at_end = Fill(*stored, *part.bytes);
    Cut(part, at_end, request_.growing);
    left_ -= static_cast<std::int64_t>(part.bytes->size());
    return part;
  }

 private:
  // Reads up to the limit, at least one line. True at the file's end.
  bool Fill(StoredBytes& stored, std::string& bytes) {
    const auto limit = static_cast<std::size_t>(std::max<std::int64_t>(left_, 1));
    while (bytes.size() < limit || bytes.find('\n') == std::string::npos) {
      if (stop_.stop_requested()) {
        throw CancelledError();
      }
      const std::size_t before = bytes.size();
      const std::size_t wanted = before < limit ? limit - before : kLeast;
      stored.Append(std::clamp(wanted, kLeast, kReadChunk), bytes);
      if (bytes.size() == before) {
        return true;
      }
    }
    return false;
  }

  const TopicBatchRequest& request_;
  std::stop_token stop_;
  std::int64_t left_;
};

// Unlike a store's listing it doesn't follow links to folders, which may lead in a ring.
std::vector<TopicFile> FilesBelow(const fs::path& folder, bool with_versions) {
  std::vector<TopicFile> files;
  std::error_code problem;
  if (!fs::exists(folder, problem)) {
    return files;
  }
  fs::recursive_directory_iterator entries(folder, problem);
  for (; !problem && entries != fs::recursive_directory_iterator(); entries.increment(problem)) {
    if (entries->is_regular_file()) {
      std::error_code gone;
      const auto size = entries->file_size(gone);
      std::string version;
      if (with_versions && !gone) {
        version = std::to_string(entries->last_write_time(gone).time_since_epoch().count());
      }
      if (!gone) {
        files.push_back({.partition = entries->path().lexically_relative(folder).string(),
                         .size = static_cast<std::int64_t>(size),
                         .version = std::move(version)});
      }
    }
  }
  if (problem) {
    throw ExternalError("{}: can't be read: {}", folder.string(), problem.message());
  }
  return files;
}

// Without the quotes that HTTP writes, and without a space.
std::string VersionOf(const storage::ObjectInfo& object) {
  std::string version = object.etag;
  std::erase_if(version, [](char letter) { return letter == '"' || letter == ' '; });
  return version.empty() ? std::to_string(object.modified) : version;
}

std::vector<TopicFile> ObjectsBelow(const storage::ObjectStore& folder, bool with_versions) {
  std::vector<TopicFile> files;
  for (const storage::ObjectInfo& object : folder.List("")) {
    files.push_back({.partition = object.key,
                     .size = static_cast<std::int64_t>(object.size),
                     .version = with_versions ? VersionOf(object) : ""});
  }
  return files;
}

// Folders, with '/' at the end, that hold `_SUCCESS`.
std::set<std::string> WholeFolders(const std::vector<TopicFile>& files) {
  std::set<std::string> folders;
  for (const TopicFile& file : files) {
    if (NameIn(file.partition) == kSecorMark) {
      folders.insert(file.partition.substr(0, file.partition.size() - kSecorMark.size()));
    }
  }
  return folders;
}

}  // namespace

std::vector<TopicFile> EverythingBelow(const storage::ObjectStore& folder, bool with_versions) {
  return folder.is_local() ? FilesBelow(folder.root(), with_versions)
                           : ObjectsBelow(folder, with_versions);
}

std::vector<TopicFile> FilesOfTopic(const storage::ObjectStore& folder, const TopicFilter& filter) {
  std::vector<TopicFile> files = EverythingBelow(folder, filter.is_secor);
  const std::set<std::string> whole = WholeFolders(files);
  std::erase_if(files, [&](const TopicFile& file) {
    const std::string_view name = NameIn(file.partition);
    const std::string place = file.partition.substr(0, file.partition.size() - name.size());
    return !IsTopicFile(std::string(name), filter) ||
           (filter.must_be_whole && !whole.contains(place));
  });
  if (filter.is_secor) {
    for (const TopicFile& file : files) {
      ParseSecorPath("topic/" + file.partition);  // the topic is the folder
    }
  }
  std::ranges::sort(files, {}, &TopicFile::partition);
  return files;
}

std::vector<TopicRest> RestOfTopic(const storage::ObjectStore& folder, const std::string& topic,
                                   const TopicFilter& filter,
                                   const std::set<std::string>& finished) {
  auto positions = Positions(topic, finished);
  std::vector<TopicRest> rest;
  for (const TopicFile& file : FilesOfTopic(folder, filter)) {
    const auto before = positions.find(file.partition);
    if (auto left = RestOf(
            folder, file,
            before == positions.end() ? std::vector<TopicPosition>() : std::move(before->second),
            filter)) {
      rest.push_back(*std::move(left));
    }
  }
  return rest;
}

std::vector<TopicLines> ReadTopicBatch(const TopicBatchRequest& request,
                                       const std::vector<TopicRest>& rest, std::stop_token stop) {
  std::vector<TopicLines> parts;
  BatchReader reader(request, std::move(stop));
  for (const TopicRest& file : rest) {
    if (reader.IsFull()) {
      break;
    }
    parts.push_back(reader.Read(file));
  }
  return parts;
}

}  // namespace weir::connectors
