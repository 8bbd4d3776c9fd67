-- One row a run of offsets and batch: in = good + bad + duplicate + suppressed.
WITH counts AS (
  SELECT * FROM af_counts
  UNION ALL
  SELECT * FROM st_counts
  UNION ALL
  SELECT * FROM tt_counts
  UNION ALL
  SELECT * FROM mapper_counts
)
SELECT 'reservoir_loader' AS job, source, source_partition, first_offset, last_offset, lines_in, good,
       line_too_long + invalid_utf8 + not_json + missing_field + bad_timestamp + future_timestamp + bad_url AS bad,
       duplicate, junk_id + bot + no_consent + erased AS suppressed,
       MAP {'junk_id': junk_id, 'bot': bot, 'no_consent': no_consent, 'erased': erased} AS suppressed_by_reason,
       CASE WHEN regexp_matches(source_partition, '[0-9]{{4}-[0-9]{{2}-[0-9]{{2}')
            THEN regexp_extract(source_partition, '[0-9]{{4}-[0-9]{{2}-[0-9]{{2}')
            ELSE {ds} END AS ds
FROM counts
