-- The lines of the day's files; those of a folder that was taken stay. A user who left a segment and has its number at the DSP by another
-- one, as when the platform has renamed it, isn't removed. Two DSPs that share a segment's number there share its lines: of what differs,
-- those of the DSP that keeps the user longest stand, as it is the number that says whom a line is about, and the members what is told.
WITH lines AS (
  SELECT dsp, dsp_user_id, dsp_segment_id, CASE WHEN what = 'remove' THEN 'remove' ELSE 'add' END AS action, expiration_minutes, value
  FROM delivered AS d
  WHERE what <> 'remove'
     OR NOT EXISTS (SELECT 1 FROM members AS m WHERE m.dsp = d.dsp AND m.dsp_segment_id = d.dsp_segment_id
                    AND m.dsp_user_id = d.dsp_user_id)
),
told AS (
  SELECT *, rank() OVER (PARTITION BY dsp_user_id, dsp_segment_id ORDER BY longest DESC, dsp) AS place
  FROM (SELECT *, max(expiration_minutes) OVER (PARTITION BY dsp_user_id, dsp_segment_id, dsp) AS longest FROM lines) AS l
)
SELECT DISTINCT dsp_user_id, dsp_segment_id, action, epoch_us({end}) // 1000000 AS ts, expiration_minutes, value
FROM told
WHERE place = 1 AND NOT EXISTS (SELECT 1 FROM taken)
UNION ALL
SELECT dsp_user_id, dsp_segment_id, action, ts, expiration_minutes, value FROM taken WHERE action <> 'taken'
