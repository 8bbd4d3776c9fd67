-- The lines of the day's files. Two DSPs that share a segment's number there share its lines.
SELECT DISTINCT dsp_user_id, dsp_segment_id, CASE WHEN what = 'remove' THEN 'remove' ELSE 'add' END AS action,
       epoch_us({end}) // 1000000 AS ts, expiration_minutes, value
FROM delivered
