#include "jobs/plan/feeding_streams.h"

#include <map>
#include <set>
#include <string>

namespace weir::jobs {
namespace {

using TopicWriters = std::map<std::string, std::set<std::size_t>>;  // of each topic

TopicWriters TopicWritersOf(const std::vector<connectors::TopicLinks>& links) {
  TopicWriters writers;
  for (std::size_t stream = 0; stream < links.size(); ++stream) {
    for (const std::string& topic : links[stream].written) {
      writers[topic].insert(stream);
    }
  }
  return writers;
}

// Adds those that write what a stream reads, and those that write what these read.
void AddFeeding(const std::vector<connectors::TopicLinks>& links, const TopicWriters& writers,
                std::size_t stream, std::set<std::size_t>& found) {
  for (const std::string& topic : links[stream].read) {
    const auto by = writers.find(topic);
    for (const std::size_t writer : by == writers.end() ? std::set<std::size_t>() : by->second) {
      if (found.insert(writer).second) {
        AddFeeding(links, writers, writer, found);
      }
    }
  }
}

}  // namespace

std::vector<std::vector<std::size_t>> FeedingStreams(
    const std::vector<connectors::TopicLinks>& links) {
  const TopicWriters writers = TopicWritersOf(links);
  std::vector<std::vector<std::size_t>> feeding;
  for (std::size_t stream = 0; stream < links.size(); ++stream) {
    std::set<std::size_t> found;
    AddFeeding(links, writers, stream, found);
    found.erase(stream);
    feeding.emplace_back(found.begin(), found.end());
  }
  return feeding;
}

}  // namespace weir::jobs
