-- How many there are of each segment, and how many negatives are wanted.
SELECT s.segment_id, s.dsps, s.active, coalesce(p.positives, 0) AS positives, coalesce(e.eligible, 0) AS eligible,
       least(CASE WHEN {var.negatives_per_positive} = 'all' THEN 500000
                  ELSE least(coalesce(p.positives, 0), 100000) * CAST(nullif({var.negatives_per_positive}, 'all') AS BIGINT) END,
             500000, coalesce(e.eligible, 0) - coalesce(p.positives, 0)) AS wanted
FROM segments AS s
LEFT JOIN (SELECT segment_id, count(*) AS positives FROM positives GROUP BY segment_id) AS p ON p.segment_id = s.segment_id
LEFT JOIN (SELECT dsps, count(*) AS eligible FROM eligible GROUP BY dsps) AS e ON e.dsps = s.dsps
