-- The journal has the last days; what stands in the table already isn't new.
SELECT u.*, num_valid_user / CAST(nullif(num_valid_user + num_invalid_user, 0) AS DOUBLE) AS match_rate
FROM journal_uploads AS u
WHERE NOT EXISTS (SELECT 1 FROM before AS b WHERE b.dsp = u.dsp AND b.delivery = u.delivery)
