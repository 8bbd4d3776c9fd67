-- What will come of them isn't known yet.
SELECT segment_id, universal_id, CAST(0 AS BIGINT) AS label FROM candidates WHERE ds = (SELECT now_ds FROM days)
