-- By which model each segment would be scored without today's: the newest champion.
SELECT r.segment_id, r.run_id, r.ds, CAST(r.parameters['folds'] AS BIGINT) AS folds, r.model_sha256, m.model
FROM (
  SELECT *, row_number() OVER (PARTITION BY segment_id ORDER BY ds DESC, run_id) AS number
  FROM before_runs
  WHERE champion
) AS r
JOIN before_models AS m ON m.segment_id = r.segment_id AND m.run_id = r.run_id AND m.ds = r.ds
WHERE r.number = 1
