-- As many negatives as wanted.
SELECT s.segment_id, s.wanted, coalesce(d.negatives, 0) AS negatives
FROM sizes AS s
LEFT JOIN (SELECT segment_id, count(*) AS negatives FROM training WHERE label = 0 GROUP BY segment_id) AS d ON d.segment_id = s.segment_id
WHERE s.active = 1 AND s.positives >= {var.min_positives} AND s.wanted <> coalesce(d.negatives, 0)
