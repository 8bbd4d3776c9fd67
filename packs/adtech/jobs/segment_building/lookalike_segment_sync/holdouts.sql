-- Of those who are held back whom the day's sizes would have reached: no worse than the last one who is sent.
WITH reached AS (
  SELECT segment_id, dsp, max(rank) AS rank FROM available WHERE place <= max_size GROUP BY segment_id, dsp
)
SELECT DISTINCT r.segment_id, r.universal_id, r.rank
FROM reached AS t
JOIN scored AS r ON r.segment_id = t.segment_id AND r.rank <= t.rank
JOIN held AS h ON h.segment_id = r.segment_id AND h.universal_id = r.universal_id
JOIN names AS n ON n.dsp = t.dsp AND n.universal_id = r.universal_id
