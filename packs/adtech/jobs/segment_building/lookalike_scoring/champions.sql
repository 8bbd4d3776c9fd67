-- Each segment's newest champion.
SELECT segment_id, run_id, model_sha256, ds AS model_ds
FROM (
  SELECT *, row_number() OVER (PARTITION BY segment_id ORDER BY ds DESC, run_id) AS number
  FROM runs
  WHERE champion
) AS r
WHERE number = 1
