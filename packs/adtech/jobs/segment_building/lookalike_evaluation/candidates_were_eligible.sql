-- Nobody is ranked who had no history then, or was a positive already.
SELECT s.segment_id, s.universal_id
FROM scores AS s
WHERE s.universal_id NOT IN (SELECT universal_id FROM histories WHERE ds = (SELECT then_ds FROM days))
   OR EXISTS (SELECT 1 FROM positives AS p
              WHERE p.ds = (SELECT then_ds FROM days) AND p.segment_id = s.segment_id AND p.universal_id = s.universal_id)
