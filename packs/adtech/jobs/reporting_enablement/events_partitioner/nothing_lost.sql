-- Rows in are rows out, for each party.
WITH before AS (SELECT party, count(*) AS number FROM days GROUP BY party),
after AS (
  SELECT party, count(*) AS number
  FROM (SELECT party FROM events UNION ALL SELECT party FROM dated WHERE is_bad) AS rows
  GROUP BY party
)
SELECT b.party, b.number, coalesce(a.number, 0) AS written
FROM before b LEFT JOIN after a ON a.party = b.party
WHERE b.number <> coalesce(a.number, 0)
