#include "jobs/plan/feeding_streams.h"

#include <map>
#include <set>
#include <string>

namespace weir::jobs {

std::vector<std::vector<std::size_t>> FeedingStreams(
    const std::vector<connectors::TopicLinks>& links) {
  std::map<std::string, std::set<std::size_t>> writers;
  for (std::size_t stream = 0; stream < links.size(); ++stream) {
    for (const std::string& topic : links[stream].written) {
      writers[topic].insert(stream);
    }
  }
  std::vector<std::vector<std::size_t>> feeding(links.size());
  for (std::size_t stream = 0; stream < links.size(); ++stream) {
    std::set<std::size_t> found;
    std::vector<std::size_t> open = {stream};
    while (!open.empty()) {
      const std::size_t reader = open.back();
      open.pop_back();
      for (const std::string& topic : links[reader].read) {
        const auto by = writers.find(topic);
        if (by == writers.end()) {
          continue;
        }
        for (const std::size_t writer : by->second) {
          if (writer != stream && found.insert(writer).second) {
            open.push_back(writer);
          }
        }
      }
    }
    feeding[stream].assign(found.begin(), found.end());
  }
  return feeding;
}

}  // namespace weir::jobs
