SELECT r.run_id AS run, m.run_id AS model
FROM (SELECT * FROM runs WHERE status = 'succeeded') AS r
FULL JOIN models AS m ON m.run_id = r.run_id AND m.model_sha256 = r.model_sha256
WHERE r.run_id IS NULL OR m.run_id IS NULL
