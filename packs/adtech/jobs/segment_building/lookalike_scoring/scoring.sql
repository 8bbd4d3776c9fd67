SELECT s.segment_id, s.status, s.reason, s.run_id, c.model_ds, s.scored
FROM summary AS s
LEFT JOIN champions AS c ON c.segment_id = s.segment_id AND c.run_id = s.run_id
