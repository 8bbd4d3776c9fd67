SELECT w.segment_id, w.token, w.weight
FROM weights AS w
JOIN champions AS c ON c.segment_id = w.segment_id AND c.run_id = w.run_id AND c.model_ds = w.ds
WHERE c.ds = (SELECT now_ds FROM days)
