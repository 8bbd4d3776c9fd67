-- By which model each segment was scored then, and is now: the newest champion of the 30 days up to the day.
SELECT ds, segment_id, run_id, model_sha256, model_ds
FROM (
  SELECT d.ds, r.segment_id, r.run_id, r.model_sha256, r.ds AS model_ds,
         row_number() OVER (PARTITION BY d.ds, r.segment_id ORDER BY r.ds DESC, r.run_id) AS number
  FROM (SELECT then_ds AS ds FROM days UNION ALL SELECT now_ds FROM days) AS d
  JOIN runs AS r ON r.ds <= d.ds AND CAST(r.ds AS DATE) > CAST(d.ds AS DATE) - to_days(30)
  WHERE r.champion
) AS c
WHERE number = 1
