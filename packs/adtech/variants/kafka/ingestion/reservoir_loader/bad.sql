-- Messages that aren't the enricher's.
WITH lines AS (
  SELECT * FROM af_bad
  UNION ALL
  SELECT * FROM st_bad
  UNION ALL
  SELECT * FROM tt_bad
  UNION ALL
  SELECT * FROM mapper_bad
)
SELECT 'reservoir_loader' AS job,
       CASE WHEN ts IS NOT NULL AND reason NOT IN ('bad_timestamp', 'future_timestamp')
            THEN strftime(make_timestamp(epoch_us(ts)), '%Y-%m-%d')
            WHEN regexp_matches(source_partition, '[0-9]{{4}-[0-9]{{2}-[0-9]{{2}')
            THEN regexp_extract(source_partition, '[0-9]{{4}-[0-9]{{2}-[0-9]{{2}')
            ELSE {ds} END AS ds,
       source, source_partition, source_offset, reason, field, line
FROM lines
