-- The day before, and what is delivered today.
SELECT segment_id, dsp, dsp_user_id, universal_id, since, until, value, dsp_segment_id
FROM before AS b
WHERE NOT EXISTS (SELECT 1 FROM delivered AS d WHERE d.segment_id = b.segment_id AND d.dsp = b.dsp
                  AND d.dsp_segment_id = b.dsp_segment_id AND d.dsp_user_id = b.dsp_user_id)
UNION ALL
SELECT d.segment_id, d.dsp, d.dsp_user_id, d.universal_id, coalesce(b.since, {end}) AS since,
       {end} + to_minutes(d.expiration_minutes) AS until, d.value, d.dsp_segment_id
FROM delivered AS d
LEFT JOIN before AS b ON b.segment_id = d.segment_id AND b.dsp = d.dsp AND b.dsp_segment_id = d.dsp_segment_id
                     AND b.dsp_user_id = d.dsp_user_id
WHERE d.what <> 'remove'
