-- A number that several segments share stands for each of them.
SELECT c.dsp, c.member_id, r.segment_id, c.dsp_segment_id, c.dsp_user_id, c.action, to_timestamp(c.ts) AS ts, c.delivery, c.file,
       c.job_id, c.finished_at AS delivered_at
FROM journal_changes AS c
JOIN routes AS r ON r.dsp = c.dsp AND r.member_id = c.member_id AND r.dsp_segment_id = c.dsp_segment_id
WHERE NOT EXISTS (SELECT 1 FROM before AS b WHERE b.dsp = c.dsp AND b.delivery = c.delivery)
