-- Who is never sent to a segment, so that there is somebody to compare the sent ones with: a share of all people, by hash
-- (XXH64, seed 4), the same on all days.
SELECT DISTINCT segment_id, universal_id
FROM (
  SELECT segment_id, universal_id FROM scored
  UNION ALL
  SELECT segment_id, universal_id FROM before WHERE universal_id IS NOT NULL
) AS candidates
WHERE CAST(xxh64(concat(segment_id, ':', universal_id), 4) AS DOUBLE) < (SELECT CAST(share AS DOUBLE) FROM share) * 18446744073709551616e0
