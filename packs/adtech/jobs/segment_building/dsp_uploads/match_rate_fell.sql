-- Under four fifths of what it was in the 30 days before, at a seat with at least 1000 users.
WITH latest AS (
  SELECT dsp, member_id, sum(num_valid_user) AS known, sum(num_valid_user + num_invalid_user) AS users
  FROM uploads
  WHERE accepted
  GROUP BY dsp, member_id
),
earlier AS (
  SELECT dsp, member_id, sum(num_valid_user) AS known, sum(num_valid_user + num_invalid_user) AS users
  FROM before
  WHERE accepted
  GROUP BY dsp, member_id
)
SELECT n.dsp, n.member_id, n.known / CAST(n.users AS DOUBLE) AS match_rate, t.known / CAST(t.users AS DOUBLE) AS match_rate_before
FROM latest AS n
JOIN earlier AS t ON t.dsp = n.dsp AND t.member_id = n.member_id
WHERE n.users >= 1000 AND t.users > 0 AND 10 * n.known * t.users < 8 * t.known * n.users
