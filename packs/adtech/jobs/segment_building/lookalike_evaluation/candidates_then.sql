-- With what came of them.
SELECT c.segment_id, c.universal_id, CAST(CASE WHEN f.now_id IS NULL THEN 0 ELSE 1 END AS BIGINT) AS label
FROM candidates AS c
JOIN people AS p ON p.universal_id = c.universal_id
LEFT JOIN conversions AS f ON f.segment_id = c.segment_id AND f.now_id = p.now_id
WHERE c.ds = (SELECT then_ds FROM days)
