-- Everybody with a history then, and as whom the mapping knows them now: people are joined and renamed in between. Of
-- several changes of one id the first counts.
WITH RECURSIVE changes AS (
  SELECT was, becomes, ds
  FROM (
    SELECT r."from" AS was, r."into" AS becomes, r.ds,
           row_number() OVER (PARTITION BY r."from" ORDER BY r.ds, r."into") AS number
    FROM renamed AS r
    WHERE r.kind IN ('merged', 'renamed') AND r.ds > (SELECT then_ds FROM days) AND r."into" IS NOT NULL
  ) AS c
  WHERE number = 1
),
steps AS (
  SELECT h.universal_id, h.universal_id AS now_id, '' AS ds
  FROM histories AS h
  WHERE h.ds = (SELECT then_ds FROM days)
  UNION ALL
  SELECT s.universal_id, c.becomes AS now_id, c.ds
  FROM steps AS s
  JOIN changes AS c ON c.was = s.now_id AND c.ds > s.ds
)
SELECT universal_id, now_id
FROM (SELECT *, row_number() OVER (PARTITION BY universal_id ORDER BY ds DESC, now_id) AS number FROM steps) AS s
WHERE number = 1
