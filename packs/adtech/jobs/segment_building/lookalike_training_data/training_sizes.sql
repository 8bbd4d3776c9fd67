SELECT s.segment_id, s.positives, coalesce(d.negatives, 0) AS negatives, s.eligible,
       h.tokens - coalesce(m.masked, 0) AS tokens,
       CASE WHEN s.active <> 1 THEN 'not active'
            WHEN s.positives < {var.min_positives}
              THEN concat(s.positives, ' positives; at least ', {var.min_positives}, ' are needed') END AS reason
FROM sizes AS s
CROSS JOIN history_counts AS h
LEFT JOIN (SELECT segment_id, count(*) AS negatives FROM drawn WHERE label = 0 GROUP BY segment_id) AS d ON d.segment_id = s.segment_id
LEFT JOIN (
  SELECT m.segment_id, count(*) AS masked
  FROM masks AS m JOIN (SELECT DISTINCT unnest(tokens).token AS token FROM histories) AS t ON t.token = m.token
  GROUP BY m.segment_id
) AS m ON m.segment_id = s.segment_id
