-- Segments of the last days, too: who was in one that is gone must be removed. Of a number that went to another seat, the
-- newest definitions say where it is.
SELECT d.dsp, d.member_id, d.dsp_segment_id, d.segment_id, count(m.dsp_user_id) AS members, d.ds = d.newest_ds AS current_seat
FROM (
  SELECT dsp, member_id, dsp_segment_id, segment_id, max(ds) AS ds, max(max(ds)) OVER (PARTITION BY dsp, dsp_segment_id) AS newest_ds
  FROM definitions
  GROUP BY dsp, member_id, dsp_segment_id, segment_id
) AS d
LEFT JOIN members AS m ON m.dsp = d.dsp AND m.dsp_segment_id = d.dsp_segment_id AND m.segment_id = d.segment_id AND d.ds = d.newest_ds
GROUP BY d.dsp, d.member_id, d.dsp_segment_id, d.segment_id, d.ds, d.newest_ds
