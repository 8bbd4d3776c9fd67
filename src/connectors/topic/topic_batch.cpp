#include "connectors/topic/topic_batch.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"
#include "connectors/secor/secor_path.h"
#include "connectors/topic/read_sum.h"
#include "connectors/topic/stored_bytes.h"
#include "storage/unpacker.h"

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

// One file of a topic beside where batches that read it stopped.
class FileLook {
 public:
  FileLook(const storage::ObjectStore& folder, const TopicFile& file, const TopicFilter& filter)
      : folder_(folder), file_(file), filter_(filter) {}

  // Adds to `look` what is left of the file; nothing if nothing is. `before` may be of other
  // contents under its name, too.
  void AddTo(TopicLook& look, std::vector<TopicPosition> before) {
    DropOvertaken(before);
    std::ranges::sort(before, std::greater(), &TopicPosition::read);
    const auto may_be = [&](const TopicPosition& position) {
      return position.is_whole && position.size == file_.size;
    };
    for (const TopicPosition& position : before) {
      if (may_be(position) && IsOfVersion(position)) {
        return;
      }
    }
    for (TopicPosition& position : before) {
      if (may_be(position) && HasContentsOf(position)) {
        position.version = file_.version;
        look.touched.push_back(std::move(position));
        return;
      }
    }
    for (const TopicPosition& position : before) {
      if (GoesOn(position)) {
        look.rest.push_back(
            {.file = file_, .read = position.read, .lines = position.lines, .sum = position.sum});
        return;
      }
    }
    look.rest.push_back({.file = file_});
  }

 private:
  // Where batches stopped within contents that were read to their end later says nothing more: what
  // is read of a file doesn't depend on the size of the batches that read other contents of it.
  static void DropOvertaken(std::vector<TopicPosition>& before) {
    std::set<std::pair<std::string, std::int64_t>> whole;
    for (const TopicPosition& position : before) {
      if (position.is_whole) {
        whole.emplace(position.version, position.size);
      }
    }
    std::erase_if(before, [&](const TopicPosition& position) {
      return !position.is_whole && whole.contains({position.version, position.size});
    });
  }

  bool IsOfVersion(const TopicPosition& position) const {
    const bool is_of_old = position.sum.empty() && !filter_.is_secor;  // it told by size alone
    return is_of_old || position.version == file_.version;
  }

  // Whether what was read stands in the file as it is now.
  bool HasContentsOf(const TopicPosition& position) {
    if (filter_.is_secor || position.sum.empty()) {
      return false;
    }
    auto [sum, is_new] = sums_.try_emplace(position.read);
    if (is_new) {
      sum->second = SumOfFirst(folder_, file_.partition, position.read);
    }
    return sum->second == position.sum;
  }

  // Whether the file is what it was when it was read so far, or that and more behind it.
  bool GoesOn(const TopicPosition& before) {
    if (filter_.is_secor) {
      return before.size == file_.size && before.version == file_.version;
    }
    const bool is_longer = before.size < file_.size;
    const bool may_grow = storage::PackingOf(file_.partition) == storage::Packing::kPlain;
    if (before.size > file_.size || (is_longer && !may_grow)) {
      return false;
    }
    if (!is_longer && !before.sum.empty() && before.version == file_.version) {
      return true;
    }
    return before.sum.empty() || (is_longer && filter_.is_growing)
               ? HeadOf(folder_, file_.partition, before.size) == before.head
               : HasContentsOf(before);
  }

  const storage::ObjectStore& folder_;
  const TopicFile& file_;
  const TopicFilter& filter_;
  std::map<std::int64_t, std::optional<std::string>> sums_;  // by bytes
};

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

// Reads one file of a batch.
class TopicFileReader {
 public:
  // `limit`: bytes that the batch has room for.
  TopicFileReader(const TopicBatchRequest& request, std::int64_t limit, const std::stop_token& stop)
      : request_(request), limit_(limit), stop_(stop) {}

  TopicLines Read(const TopicRest& rest) const {
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
    std::optional<ReadSum> sum = SkipRead(*stored, rest);
    part.bytes->reserve(RoomFor(rest));
    const bool at_end = Fill(*stored, *part.bytes);
    Cut(part, at_end, request_.growing);
    if (sum) {
      const auto taken = static_cast<std::size_t>(part.after.read - rest.read);
      sum->Add(std::string_view(*part.bytes).substr(0, taken));
      part.after.sum = sum->ToText();
    }
    return part;
  }

 private:
  // Of a packed file too little: its bytes grow as it is read.
  std::size_t RoomFor(const TopicRest& rest) const {
    const std::int64_t left = std::min(rest.file.size - rest.read, limit_);
    return kLeast + static_cast<std::size_t>(std::max<std::int64_t>(left, 0));
  }

  // Passes over what was read before, and gives the checksum of it; absent if a version of weir
  // read it that kept none.
  static std::optional<ReadSum> SkipRead(StoredBytes& stored, const TopicRest& rest) {
    if (rest.read == 0 || rest.sum.empty()) {
      stored.Skip(rest.read);
      return rest.read == 0 ? std::optional(ReadSum()) : std::nullopt;
    }
    const std::int64_t behind = rest.read % ReadSum::kBlock;
    stored.Skip(rest.read - behind);
    std::string bytes;
    while (std::ssize(bytes) < behind) {
      const std::size_t before = bytes.size();
      stored.Append(static_cast<std::size_t>(behind) - before, bytes);
      if (bytes.size() == before) {
        throw UserError("a file that was read before has become shorter");
      }
    }
    return ReadSum(rest.sum, std::move(bytes));
  }

  // Reads up to the limit, at least one line. True at the file's end.
  bool Fill(StoredBytes& stored, std::string& bytes) const {
    const auto limit = static_cast<std::size_t>(std::max<std::int64_t>(limit_, 1));
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
  std::int64_t limit_;
  const std::stop_token& stop_;
};

// Reads files side by side as long as they seem to fit into the batch. What one file gives depends
// on how much room those before it leave: a file that wasn't read to its end within its guess, or
// doesn't fit, is read again when that is known.
class BatchReader {
 public:
  BatchReader(const TopicBatchRequest& request, const std::vector<TopicRest>& rest,
              std::stop_token stop)
      : request_(request), rest_(rest), stop_(std::move(stop)), left_(request.limit) {}

  std::vector<TopicLines> Read() {
    while (left_ > 0 && parts_.size() < rest_.size()) {
      TakeTogether(TogetherFrom(parts_.size()));
    }
    return std::move(parts_);
  }

 private:
  // How many bytes there may be left of a file.
  static std::int64_t GuessOf(const TopicRest& rest) {
    constexpr std::int64_t kTimesPacked = 16;
    const bool is_plain = storage::PackingOf(rest.file.partition) == storage::Packing::kPlain;
    const std::int64_t guess =
        is_plain ? rest.file.size - rest.read : rest.file.size * kTimesPacked - rest.read;
    return std::max(guess, std::int64_t{0}) + static_cast<std::int64_t>(kLeast);
  }

  // Which files are read together, from this one on: one at least.
  std::size_t TogetherFrom(std::size_t first) const {
    std::int64_t guess = GuessOf(rest_[first]);
    std::size_t count = 1;
    for (; request_.threads > 1 && first + count < rest_.size(); ++count) {
      guess += GuessOf(rest_[first + count]);
      if (guess > left_) {
        break;
      }
    }
    return count;
  }

  void TakeTogether(std::size_t count) {
    const std::size_t first = parts_.size();
    std::vector<std::optional<TopicLines>> read(count);
    if (count > 1) {
      ParallelFor(count, request_.threads, [&](std::size_t i) { read[i] = Guess(first + i); });
    }
    for (std::size_t i = 0; i < count && left_ > 0; ++i) {
      const bool is_known =
          read[i] && read[i]->after.is_whole && std::ssize(*read[i]->bytes) < left_;
      parts_.push_back(is_known ? *std::move(read[i])
                                : TopicFileReader(request_, left_, stop_).Read(rest_[first + i]));
      left_ -= std::ssize(*parts_.back().bytes);
    }
  }

  // The file as far as was guessed; nothing for one that can't be read, which is told when its turn
  // comes.
  std::optional<TopicLines> Guess(std::size_t file) const {
    try {
      return TopicFileReader(request_, GuessOf(rest_[file]), stop_).Read(rest_[file]);
    } catch (const std::runtime_error&) {
      return std::nullopt;
    }
  }

  const TopicBatchRequest& request_;
  const std::vector<TopicRest>& rest_;
  std::stop_token stop_;
  std::int64_t left_;  // bytes that there is room for
  std::vector<TopicLines> parts_;
};

// Unlike a store's listing it doesn't follow links to folders, which may lead in a ring.
std::vector<TopicFile> FilesBelow(const fs::path& folder) {
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
      const auto modified = entries->last_write_time(gone).time_since_epoch().count();
      if (!gone) {
        files.push_back({.partition = entries->path().lexically_relative(folder).string(),
                         .size = static_cast<std::int64_t>(size),
                         .version = std::to_string(modified)});
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

std::vector<TopicFile> ObjectsBelow(const storage::ObjectStore& folder) {
  std::vector<TopicFile> files;
  for (const storage::ObjectInfo& object : folder.List("")) {
    files.push_back({.partition = object.key,
                     .size = static_cast<std::int64_t>(object.size),
                     .version = VersionOf(object)});
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

std::vector<TopicFile> EverythingBelow(const storage::ObjectStore& folder) {
  return folder.is_local() ? FilesBelow(folder.root()) : ObjectsBelow(folder);
}

std::vector<TopicFile> FilesOfTopic(const storage::ObjectStore& folder, const TopicFilter& filter) {
  std::vector<TopicFile> files = EverythingBelow(folder);
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

TopicLook LookAtTopic(const storage::ObjectStore& folder, const std::string& topic,
                      const TopicFilter& filter, const std::set<std::string>& finished) {
  auto positions = Positions(topic, finished);
  TopicLook look;
  for (const TopicFile& file : FilesOfTopic(folder, filter)) {
    FileLook(folder, file, filter).AddTo(look, std::move(positions[file.partition]));
  }
  return look;
}

std::vector<TopicLines> ReadTopicBatch(const TopicBatchRequest& request,
                                       const std::vector<TopicRest>& rest, std::stop_token stop) {
  return BatchReader(request, rest, std::move(stop)).Read();
}

}  // namespace weir::connectors
