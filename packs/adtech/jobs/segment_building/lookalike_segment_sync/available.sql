-- Everybody who can be sent and isn't held back, best first. The size is counted in the DSP's ids; a segment of several DSPs has the largest
-- of its sizes everywhere.
SELECT d.segment_id, d.dsp, d.dsp_segment_id, d.expiration_minutes, s.max_size, s.min_size,
       n.dsp_user_id, n.universal_id, r.rank,
       row_number() OVER (PARTITION BY d.segment_id, d.dsp, d.dsp_segment_id ORDER BY r.rank, n.dsp_user_id) AS place,
       dense_rank() OVER (PARTITION BY d.segment_id, d.dsp, d.dsp_segment_id ORDER BY r.rank) AS person
FROM (
  SELECT segment_id, dsp, dsp_segment_id, max(expiration_minutes) AS expiration_minutes
  FROM definitions
  WHERE active = 1
  GROUP BY segment_id, dsp, dsp_segment_id
) AS d
JOIN (
  SELECT segment_id, max(max_size) AS max_size, max(min_size) AS min_size FROM definitions WHERE active = 1 GROUP BY segment_id
) AS s ON s.segment_id = d.segment_id
JOIN scored AS r ON r.segment_id = d.segment_id
JOIN names AS n ON n.dsp = d.dsp AND n.universal_id = r.universal_id
WHERE NOT EXISTS (SELECT 1 FROM held AS h WHERE h.segment_id = r.segment_id AND h.universal_id = r.universal_id)
