-- Segments that were active then, for those DSPs that they went to; and those that are now.
SELECT d.ds, d.segment_id, string_agg(DISTINCT d.dsp, ',' ORDER BY d.dsp) AS dsps
FROM sound AS d
WHERE d.active = 1 AND d.ds IN (SELECT then_ds FROM days UNION SELECT now_ds FROM days)
GROUP BY d.ds, d.segment_id
