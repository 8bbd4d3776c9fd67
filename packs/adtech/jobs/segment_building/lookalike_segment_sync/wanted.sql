-- What each DSP shall have at the end of the day. A segment that no model has scored today keeps whom it has, the best up to its
-- size, of the ids that the mapping still knows: one that was erased or has expired goes. One that was scored and has nobody is empty.
WITH active AS (
  SELECT segment_id, dsp, dsp_segment_id, max(expiration_minutes) AS expiration_minutes
  FROM definitions
  WHERE active = 1
  GROUP BY segment_id, dsp, dsp_segment_id
),
sizes AS (SELECT segment_id, max(max_size) AS max_size FROM definitions WHERE active = 1 GROUP BY segment_id),
kept AS (
  SELECT b.segment_id, b.dsp, b.dsp_segment_id, a.expiration_minutes, b.dsp_user_id, b.universal_id, b.value, z.max_size,
         row_number() OVER (PARTITION BY b.segment_id, b.dsp, b.dsp_segment_id ORDER BY b.value DESC, b.dsp_user_id) AS place
  FROM before AS b
  JOIN active AS a ON a.segment_id = b.segment_id AND a.dsp = b.dsp AND a.dsp_segment_id = b.dsp_segment_id
  JOIN sizes AS z ON z.segment_id = b.segment_id
  WHERE NOT EXISTS (SELECT 1 FROM scoring AS r WHERE r.segment_id = b.segment_id AND r.status = 'scored')
    AND NOT EXISTS (SELECT 1 FROM held AS h WHERE h.segment_id = b.segment_id AND h.universal_id = b.universal_id)
    AND EXISTS (SELECT 1 FROM names AS n WHERE n.dsp = b.dsp AND n.dsp_user_id = b.dsp_user_id)
),
shall AS (
  SELECT segment_id, dsp, dsp_segment_id, expiration_minutes, dsp_user_id, universal_id, value FROM chosen
  UNION ALL
  SELECT segment_id, dsp, dsp_segment_id, expiration_minutes, dsp_user_id, universal_id, value FROM kept WHERE place <= max_size
)
SELECT s.segment_id, s.dsp, s.dsp_segment_id, s.expiration_minutes, s.dsp_user_id, s.universal_id, s.value,
       b.since, b.until, b.value AS value_before,
       CASE WHEN b.until IS NULL THEN 'add'
            WHEN 3 * (epoch_us(b.until) - epoch_us({end})) < s.expiration_minutes * 60000000 THEN 'renew'
            ELSE 'keep' END AS what
FROM shall AS s
LEFT JOIN before AS b ON b.segment_id = s.segment_id AND b.dsp = s.dsp AND b.dsp_segment_id = s.dsp_segment_id
                     AND b.dsp_user_id = s.dsp_user_id
