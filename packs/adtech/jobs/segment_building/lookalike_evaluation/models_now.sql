SELECT c.segment_id, c.run_id, c.model_sha256, m.model
FROM champions AS c
JOIN stored AS m ON m.segment_id = c.segment_id AND m.run_id = c.run_id AND m.ds = c.model_ds
WHERE c.ds = (SELECT now_ds FROM days)
