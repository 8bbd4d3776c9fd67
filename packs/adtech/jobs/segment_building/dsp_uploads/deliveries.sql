-- A number that several segments share stands for each of them; one that a segment had before another has it, for the other. Whom a DSP
-- was told to remove leaves those segments that it was last told to put him into.
WITH fresh AS (
  SELECT * FROM journal_changes AS c
  WHERE NOT EXISTS (SELECT 1 FROM before AS b WHERE b.dsp = c.dsp AND b.delivery = c.delivery)
),
newest AS (
  SELECT dsp, member_id, dsp_segment_id, segment_id
  FROM (SELECT *, bool_or(current_seat) OVER (PARTITION BY dsp, member_id, dsp_segment_id) AS is_current FROM routes) AS r
  WHERE current_seat OR NOT is_current
),
left_segments AS (
  SELECT t.dsp, t.member_id, t.dsp_segment_id, t.dsp_user_id, t.segment_id
  FROM told AS t
  SEMI JOIN (SELECT * FROM fresh WHERE action = 'removed') AS c
    ON c.dsp = t.dsp AND c.member_id = t.member_id AND c.dsp_segment_id = t.dsp_segment_id AND c.dsp_user_id = t.dsp_user_id
  GROUP BY ALL
  HAVING max({'at': t.delivered_at, 'action': t.action}).action <> 'removed'
),
named AS (
  SELECT c.*, l.segment_id
  FROM fresh AS c
  JOIN left_segments AS l ON l.dsp = c.dsp AND l.member_id = c.member_id AND l.dsp_segment_id = c.dsp_segment_id
                         AND l.dsp_user_id = c.dsp_user_id
  WHERE c.action = 'removed'
  UNION ALL
  SELECT c.*, n.segment_id
  FROM fresh AS c
  JOIN newest AS n ON n.dsp = c.dsp AND n.member_id = c.member_id AND n.dsp_segment_id = c.dsp_segment_id
  WHERE c.action <> 'removed'
     OR NOT EXISTS (SELECT 1 FROM left_segments AS l WHERE l.dsp = c.dsp AND l.member_id = c.member_id
                    AND l.dsp_segment_id = c.dsp_segment_id AND l.dsp_user_id = c.dsp_user_id)
)
SELECT dsp, member_id, segment_id, dsp_segment_id, dsp_user_id, action, to_timestamp(ts) AS ts, delivery, file, job_id,
       finished_at AS delivered_at
FROM named
