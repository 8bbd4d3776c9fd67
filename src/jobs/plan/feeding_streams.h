#pragma once

#include <cstddef>
#include <vector>

#include "connectors/connector.h"

namespace weir::jobs {

// For each stream those that feed it, sorted: that write a topic that it reads, and those that feed
// these. Never itself. `links` and the result are by instance; what is no stream has no links.
// Cost: topics × log topics, and the pairs that there are.
std::vector<std::vector<std::size_t>> FeedingStreams(
    const std::vector<connectors::TopicLinks>& links);

}  // namespace weir::jobs
