-- What was taken under a number that no segment has any more can't be told whose it is: the members would lose it.
SELECT DISTINCT t.dsp_segment_id AS taken_for
FROM taken AS t
WHERE t.action <> 'taken'
  AND NOT EXISTS (SELECT 1 FROM definitions AS d WHERE d.dsp_segment_id = t.dsp_segment_id)
  AND NOT EXISTS (SELECT 1 FROM before AS b WHERE b.dsp_segment_id = t.dsp_segment_id)
