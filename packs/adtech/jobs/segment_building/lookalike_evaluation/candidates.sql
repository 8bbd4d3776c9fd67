-- By day and segment who could be sent: eligible, and no positive of the segment's already. Of more than
-- `evaluation_people` those with the lowest hashes.
SELECT ds, segment_id, universal_id
FROM (
  SELECT s.ds, s.segment_id, e.universal_id,
         row_number() OVER (PARTITION BY s.ds, s.segment_id
                            ORDER BY xxh64(concat(s.segment_id, ':', e.universal_id), 1), e.universal_id) AS number
  FROM segments AS s
  JOIN eligible AS e ON e.ds = s.ds AND e.dsps = s.dsps
  WHERE NOT EXISTS (SELECT 1 FROM positives AS p
                    WHERE p.ds = s.ds AND p.segment_id = s.segment_id AND p.universal_id = e.universal_id)
) AS c
WHERE number <= {var.evaluation_people}
