-- Of runs that are reported, the tokens that enough people have.
SELECT w.*
FROM weights AS w
JOIN runs AS r ON r.segment_id = w.segment_id AND r.run_id = w.run_id
WHERE w.people >= {var.privacy_k}
