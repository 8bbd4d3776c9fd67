-- One row a partition and batch: in = good + bad.
WITH messages AS (
  SELECT 'enriched-v2-af' AS source, source_partition, source_offset,
         event.event_id IS NOT NULL AND event.ts IS NOT NULL AS is_good
  FROM af_read
  UNION ALL
  SELECT 'enriched-v2-st' AS source, source_partition, source_offset,
         event.event_id IS NOT NULL AND event.ts IS NOT NULL AS is_good
  FROM st_read
  UNION ALL
  SELECT 'enriched-v2-tt' AS source, source_partition, source_offset,
         event.event_id IS NOT NULL AND event.ts IS NOT NULL AS is_good
  FROM tt_read
  UNION ALL
  SELECT 'enriched-v2-mapper' AS source, source_partition, source_offset,
         event.event_id IS NOT NULL AND event.ts IS NOT NULL AS is_good
  FROM mapper_read
)
SELECT 'reservoir_loader' AS job, source, source_partition, min(source_offset) AS first_offset,
       max(source_offset) AS last_offset, count(*) AS lines_in, count(*) FILTER (is_good) AS good,
       count(*) FILTER (NOT is_good) AS bad, 0::BIGINT AS duplicate, 0::BIGINT AS suppressed,
       MAP {'junk_id': 0::BIGINT, 'bot': 0::BIGINT, 'no_consent': 0::BIGINT, 'erased': 0::BIGINT} AS suppressed_by_reason,
       {ds} AS ds
FROM messages
GROUP BY source, source_partition
