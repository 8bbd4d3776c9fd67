-- For each segment that can be learnt the positives and the negatives with the lowest sampling hashes (XXH64, seed 1). Of
-- others who could be negatives only those below a hash are looked at that leaves more than enough: twice as many as
-- wanted and a thousand; enough_are_drawn.sql sees that it was enough.
WITH learnt AS (
  SELECT *, CASE WHEN 2 * (wanted + positives) + 1000 >= eligible THEN 18446744073709551615
                 ELSE CAST(18446744073709551615e0 / eligible * (2 * (wanted + positives) + 1000) AS UBIGINT) END AS highest
  FROM sizes
  WHERE active = 1 AND positives >= {var.min_positives}
),
hashed AS (
  SELECT l.segment_id, e.universal_id, l.wanted, xxh64(concat(l.segment_id, ':', e.universal_id), 1) AS hash
  FROM learnt AS l
  JOIN eligible AS e ON e.dsps = l.dsps
  WHERE xxh64(concat(l.segment_id, ':', e.universal_id), 1) <= l.highest
),
negatives AS (
  SELECT h.segment_id, h.universal_id, h.wanted,
         row_number() OVER (PARTITION BY h.segment_id ORDER BY h.hash, h.universal_id) AS number
  FROM hashed AS h
  WHERE NOT EXISTS (SELECT 1 FROM positives AS p WHERE p.segment_id = h.segment_id AND p.universal_id = h.universal_id)
),
known AS (
  SELECT p.segment_id, p.universal_id,
         row_number() OVER (PARTITION BY p.segment_id ORDER BY xxh64(concat(p.segment_id, ':', p.universal_id), 1), p.universal_id) AS number
  FROM positives AS p JOIN learnt AS l ON l.segment_id = p.segment_id
)
SELECT segment_id, universal_id, CAST(1 AS BIGINT) AS label FROM known WHERE number <= 100000
UNION ALL
SELECT segment_id, universal_id, CAST(0 AS BIGINT) AS label FROM negatives WHERE number <= wanted
