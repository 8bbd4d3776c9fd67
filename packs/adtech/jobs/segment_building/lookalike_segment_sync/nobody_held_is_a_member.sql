-- Unless a folder that was taken already has sent them.
SELECT m.segment_id, m.universal_id
FROM members AS m
JOIN held AS h ON h.segment_id = m.segment_id AND h.universal_id = m.universal_id
WHERE NOT EXISTS (SELECT 1 FROM taken)
