SELECT s.segment_id AS wanted, r.segment_id AS found, r.status, s.reason
FROM sizes AS s
FULL JOIN runs AS r ON r.segment_id = s.segment_id
WHERE s.segment_id IS NULL OR r.segment_id IS NULL OR (r.status = 'skipped') <> (s.reason IS NOT NULL)
