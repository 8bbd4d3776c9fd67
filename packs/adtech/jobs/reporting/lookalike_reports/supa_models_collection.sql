-- The newest weights of each segment, for readers of the table of this name before weir.
SELECT w.segment_id, w.token, w.weight
FROM reporting.lookalikes_token_weights AS w
JOIN (
  SELECT region, segment_id, max(ds) AS ds FROM reporting.lookalikes_token_weights GROUP BY region, segment_id
) AS n ON n.region = w.region AND n.segment_id = w.segment_id AND n.ds = w.ds
