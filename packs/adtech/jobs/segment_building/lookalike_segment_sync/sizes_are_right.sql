-- No segment is larger than it may be, unless its files were taken already; the counts are those of the members.
SELECT z.segment_id, z.wanted, m.members, z.added, z.renewed, z.kept
FROM sizes AS z
LEFT JOIN (SELECT segment_id, count(*) AS members, max(ids) AS largest
           FROM (SELECT segment_id, count(*) OVER (PARTITION BY segment_id, dsp, dsp_segment_id) AS ids FROM members) AS m
           GROUP BY segment_id) AS m ON m.segment_id = z.segment_id
WHERE z.added + z.renewed + z.kept <> coalesce(m.members, 0)
   OR (m.largest > z.wanted AND NOT EXISTS (SELECT 1 FROM taken))
