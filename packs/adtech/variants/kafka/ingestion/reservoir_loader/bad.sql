-- Messages that aren't the enricher's.
WITH messages AS (
  SELECT 'enriched-v2-af' AS source, source_partition, source_offset, line
  FROM af_read
  WHERE event.event_id IS NULL OR event.ts IS NULL
  UNION ALL
  SELECT 'enriched-v2-st' AS source, source_partition, source_offset, line
  FROM st_read
  WHERE event.event_id IS NULL OR event.ts IS NULL
  UNION ALL
  SELECT 'enriched-v2-tt' AS source, source_partition, source_offset, line
  FROM tt_read
  WHERE event.event_id IS NULL OR event.ts IS NULL
  UNION ALL
  SELECT 'enriched-v2-mapper' AS source, source_partition, source_offset, line
  FROM mapper_read
  WHERE event.event_id IS NULL OR event.ts IS NULL
)
SELECT 'reservoir_loader' AS job, {ds} AS ds, source, source_partition, source_offset, 'not_json' AS reason,
       NULL::VARCHAR AS field, TRY(decode(line)) AS line
FROM messages
