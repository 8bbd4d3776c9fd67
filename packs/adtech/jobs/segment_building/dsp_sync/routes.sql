-- Segments of the last days, too: who was in one that is gone must be removed.
SELECT d.dsp, d.member_id, d.dsp_segment_id, d.segment_id, count(m.dsp_user_id) AS members
FROM (SELECT DISTINCT dsp, member_id, dsp_segment_id, segment_id FROM definitions) AS d
LEFT JOIN members AS m ON m.dsp = d.dsp AND m.dsp_segment_id = d.dsp_segment_id AND m.segment_id = d.segment_id
GROUP BY d.dsp, d.member_id, d.dsp_segment_id, d.segment_id
