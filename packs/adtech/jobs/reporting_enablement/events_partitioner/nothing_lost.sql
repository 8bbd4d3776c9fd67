-- Rows in are rows out, for each party.
WITH before AS (
  SELECT 'af' AS party, count(*) AS number FROM af
  UNION ALL SELECT 'st', count(*) FROM st
  UNION ALL SELECT 'tt', count(*) FROM tt
),
after AS (SELECT party, count(*) AS number FROM events GROUP BY party)
SELECT b.party, b.number, coalesce(a.number, 0) AS written
FROM before b LEFT JOIN after a ON a.party = b.party
WHERE b.number <> coalesce(a.number, 0)
