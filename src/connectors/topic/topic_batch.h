#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/topic/topic_position.h"
#include "storage/object_store.h"

// A topic of files: every file below a folder, on a disk or S3, whose name ends in ".ndjson" or
// ".tsv", plain or with
// ".gz" or ".zst"; its partitions are the files, by their path below the folder, its offsets the
// lines from 1.
namespace weir::connectors {

struct TopicFile {
  std::string partition;  // the path below the folder
  std::int64_t size = 0;  // as stored
  // Of the contents: an object's ETag, or else when it was modified.
  std::string version{};
};

// Which files below a folder are a topic's.
struct TopicFilter {
  // How their names end, but for .gz and .zst.
  std::vector<std::string> suffixes = {".ndjson", ".tsv"};
  // The layout of Secor: every file must be named so, whatever its end; files don't grow, and one
  // of another version is a new one; and, if they are to be whole, its folder holds `_SUCCESS`.
  bool is_secor = false;
  bool must_be_whole = false;
  // Files that a writer appends to: one that is longer than it was is known by its first bytes
  // alone, as reading all of it again for each piece would take too long.
  bool is_growing = false;
};

// Whatever lies below a folder, in no order; without a folder nothing. Throws ExternalError for a
// folder that can't be read.
std::vector<TopicFile> EverythingBelow(const storage::ObjectStore& folder);

// In bytewise order of the paths. Files that begin with '.' or '_' are not looked at. Throws
// ExternalError for a folder that can't be read, UserError for a file that the layout doesn't know;
// without a folder there are none.
std::vector<TopicFile> FilesOfTopic(const storage::ObjectStore& folder, const TopicFilter& filter);

// What is left of a topic's files after positions of earlier batches.
struct TopicRest {
  TopicFile file;
  std::int64_t read = 0;   // bytes taken before, after decompression
  std::int64_t lines = 0;  // in these
  std::string sum{};       // TopicPosition::sum of these
};

struct TopicLook {
  std::vector<TopicRest> rest;
  // Positions of files that were read to their end and only have another version since, with that.
  std::vector<TopicPosition> touched;
};

// Files that are new, have grown, or were not read to their end; one that changed in another way
// since it was read is a new file, whose offsets begin at 1 again. What it was is known by size and
// version, and where only the version is another, by a checksum of what was read: that takes
// reading it.
TopicLook LookAtTopic(const storage::ObjectStore& folder, const std::string& topic,
                      const TopicFilter& filter, const std::set<std::string>& finished);

// Lines of one file, in order.
struct TopicLines {
  std::string partition;
  std::int64_t first_offset = 1;
  std::unique_ptr<std::string> bytes{};   // that the lines lie in
  std::vector<std::string_view> lines{};  // without line feeds
  TopicPosition after{};                  // where the next batch goes on
  std::vector<std::int64_t> offsets{};    // of each line, where they don't count up by one

  std::int64_t offset(std::size_t line) const {
    return offsets.empty() ? first_offset + static_cast<std::int64_t>(line) : offsets[line];
  }
};

struct TopicBatchRequest {
  const storage::ObjectStore& folder;
  std::string topic;
  std::int64_t limit = 0;  // bytes after decompression; reached within a line or a few
  // Whether a last line without line feed is left to a later batch: its writer is at it.
  bool growing = false;
  int threads = 1;  // that files are read by, side by side
};

// Reads on: files in order until the limit is reached, each cut between lines; the same for any
// number of threads. Memory: what it gives, and with several threads as much as a chunk of each
// file more. `rest` is LookAtTopic()'s.
std::vector<TopicLines> ReadTopicBatch(const TopicBatchRequest& request,
                                       const std::vector<TopicRest>& rest, std::stop_token stop);

}  // namespace weir::connectors
