-- How much the privacy threshold left out.
SELECT "table", rows_in, rows_kept, CAST(0 AS BIGINT) AS rows_folded, rows_in - rows_kept AS rows_removed,
       CAST(0 AS BIGINT) AS rows_secondary
FROM (
  SELECT 'reporting.lookalikes_token_weights' AS "table", (SELECT count(*) FROM weights) AS rows_in,
         (SELECT count(*) FROM token_weights) AS rows_kept
  UNION ALL
  SELECT 'reporting.lookalikes_segment_sizes', (SELECT count(*) FROM sizes), (SELECT count(*) FROM segment_sizes)
  UNION ALL
  SELECT 'reporting.lookalikes_training_sizes', (SELECT count(*) FROM trained), (SELECT count(*) FROM training_sizes)
  UNION ALL
  SELECT 'reporting.lookalikes_runs', (SELECT count(*) FROM selected), (SELECT count(*) FROM runs)
) AS t
