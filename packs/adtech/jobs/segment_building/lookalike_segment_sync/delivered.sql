-- What each DSP gets: the lines of a folder that was taken already, whatever this run would send now, else what differs
-- from the day before. A difference to a taken folder goes into the next day's.
WITH is_taken AS (
  SELECT count(*) > 0 AS yes FROM taken WHERE action = 'taken'
),
lines AS (
  SELECT segment_id, dsp, dsp_segment_id, dsp_user_id, universal_id, what, expiration_minutes, value
  FROM wanted
  WHERE what <> 'keep'
  UNION ALL
  SELECT b.segment_id, b.dsp, b.dsp_segment_id, b.dsp_user_id, b.universal_id, 'remove' AS what,
         CAST(0 AS BIGINT) AS expiration_minutes, CAST(0 AS BIGINT) AS value
  FROM before AS b
  WHERE NOT EXISTS (SELECT 1 FROM wanted AS w WHERE w.segment_id = b.segment_id AND w.dsp = b.dsp
                    AND w.dsp_segment_id = b.dsp_segment_id AND w.dsp_user_id = b.dsp_user_id)
),
-- A DSP's own number of a segment says which of ours it is: that which has it now, or, if none has, had it.
numbers AS (
  SELECT DISTINCT segment_id, dsp, dsp_segment_id FROM definitions
  UNION
  SELECT DISTINCT segment_id, dsp, dsp_segment_id
  FROM before AS b
  WHERE NOT EXISTS (SELECT 1 FROM definitions AS d WHERE d.dsp = b.dsp AND d.dsp_segment_id = b.dsp_segment_id)
)
SELECT l.* FROM lines AS l WHERE NOT (SELECT yes FROM is_taken)
UNION ALL
SELECT n.segment_id, n.dsp, t.dsp_segment_id, t.dsp_user_id, coalesce(w.universal_id, b.universal_id) AS universal_id,
       CASE WHEN t.action = 'remove' THEN 'remove' WHEN b.until IS NULL THEN 'add' ELSE 'renew' END AS what,
       t.expiration_minutes, t.value
FROM taken AS t
JOIN numbers AS n ON n.dsp_segment_id = t.dsp_segment_id
LEFT JOIN before AS b ON b.segment_id = n.segment_id AND b.dsp = n.dsp AND b.dsp_segment_id = t.dsp_segment_id
                     AND b.dsp_user_id = t.dsp_user_id
LEFT JOIN names AS w ON w.dsp = n.dsp AND w.dsp_user_id = t.dsp_user_id
WHERE t.action <> 'remove' OR b.until IS NOT NULL
UNION ALL
-- Of a segment that had the number, everybody goes: who is added is the other one's.
SELECT b.segment_id, b.dsp, b.dsp_segment_id, b.dsp_user_id, b.universal_id, 'remove' AS what,
       CAST(0 AS BIGINT) AS expiration_minutes, CAST(0 AS BIGINT) AS value
FROM before AS b
WHERE NOT EXISTS (SELECT 1 FROM numbers AS n WHERE n.segment_id = b.segment_id AND n.dsp = b.dsp AND n.dsp_segment_id = b.dsp_segment_id)
  AND EXISTS (SELECT 1 FROM taken AS t WHERE t.dsp_segment_id = b.dsp_segment_id AND t.dsp_user_id = b.dsp_user_id)
