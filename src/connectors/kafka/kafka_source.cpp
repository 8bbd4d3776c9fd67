#include "connectors/kafka/kafka_source.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/failpoint.h"
#include "base/log.h"

namespace weir::connectors {
namespace {

std::optional<std::int64_t> PositionIn(const std::vector<StreamPosition>& positions,
                                       const std::string& source, std::int32_t partition) {
  const std::string name = std::to_string(partition);
  for (const StreamPosition& position : positions) {
    if (position.topic == source && position.partition == name) {
      return position.next;
    }
  }
  return std::nullopt;
}

void CheckStillThere(const KafkaSource& source, const KafkaExtent& extent, std::int64_t next) {
  const std::string place =
      fmt::format("topic {}, partition {}", source.url.topic, extent.partition);
  if (next > extent.end) {
    throw UserError(
        "{}: {} is to be read next, but it ends at {}: it isn't the topic that was "
        "read before; give the new one another name, or restore the old one",
        place, next, extent.end);
  }
  if (next >= extent.first) {
    return;
  }
  const std::string lost =
      fmt::format("{}: {} offsets are lost: {} is to be read next, but the earliest is {}", place,
                  extent.first - next, next, extent.first);
  if (!source.accepts_lost) {
    throw UserError("{}; `accept_lost: true` of the step goes on behind them", lost);
  }
  LogWarning("{}; going on behind them", lost);
}

// Until when everything was there when the batch began: now for a partition that is read to its
// end, the time of the last message else.
Micros ReadUntil(const std::vector<KafkaMessages>& parts, const std::vector<KafkaSpan>& spans,
                 Micros began) {
  Micros until = began;
  for (const KafkaMessages& part : parts) {
    const auto span = std::ranges::find(spans, part.partition, &KafkaSpan::partition);
    if (part.next < span->end) {
      until = std::min(until, part.newest().value_or(0));
    }
  }
  return until;
}

}  // namespace

std::vector<KafkaLag> LagOf(KafkaReader& reader, const KafkaSource& source,
                            const std::vector<StreamPosition>& positions) {
  std::vector<KafkaLag> lags;
  for (const KafkaExtent& extent : reader.Extents(source.url.topic)) {
    KafkaLag lag{.partition = extent.partition,
                 .first = extent.first,
                 .next = extent.first,
                 .end = extent.end};
    if (const auto next = PositionIn(positions, source.source, extent.partition)) {
      CheckStillThere(source, extent, *next);
      lag.next = std::max(*next, extent.first);
    }
    lags.push_back(lag);
  }
  return lags;
}

std::vector<PendingInput> PendingOfKafka(const ConnectorContext& context,
                                         const KafkaSource& source) {
  KafkaReader reader(FindKafkaCluster(context.connections, source.url.cluster));
  std::vector<PendingInput> pending;
  for (const KafkaLag& lag : LagOf(reader, source, context.positions)) {
    if (lag.messages() > 0) {
      pending.push_back({.identity = fmt::format("{}/{}", source.source, lag.partition),
                         .bytes = lag.messages(),  // of bytes Kafka says nothing
                         .next = lag.next,
                         .end = lag.end});
    }
  }
  return pending;
}

KafkaBatch ReadKafkaBatch(const ConnectorContext& context, const KafkaSource& source) {
  const Micros began = Now();
  const auto reader =
      std::make_shared<KafkaReader>(FindKafkaCluster(context.connections, source.url.cluster));
  std::vector<KafkaSpan> spans;
  for (const KafkaLag& lag : LagOf(*reader, source, context.positions)) {
    spans.push_back({.partition = lag.partition, .next = lag.next, .end = lag.end});
  }
  std::erase_if(spans, [](const KafkaSpan& span) { return span.next >= span.end; });
  KafkaBatch batch;
  batch.parts = reader->Read(source.url.topic, spans, context.limit_bytes, context.stop);
  Failpoint("kafka:after-read");
  batch.report.complete_until = ReadUntil(batch.parts, spans, began);
  std::ranges::sort(batch.parts, {},
                    [](const KafkaMessages& part) { return std::to_string(part.partition); });
  std::map<std::int32_t, std::int64_t> next;
  for (const KafkaMessages& part : batch.parts) {
    const auto span = std::ranges::find(spans, part.partition, &KafkaSpan::partition);
    if (part.next > span->next) {
      next[part.partition] = part.next;
      batch.report.positions.push_back(
          {.topic = source.source, .partition = std::to_string(part.partition), .next = part.next});
      batch.report.finished.push_back(fmt::format("{}/{} offsets={}-{}", source.source,
                                                  part.partition, span->next, part.next - 1));
    }
  }
  batch.report.confirm = [reader, topic = source.url.topic, next] {
    Failpoint("kafka:before-group");
    reader->TellGroup(topic, next);
    Failpoint("kafka:after-group");
  };
  return batch;
}

}  // namespace weir::connectors
