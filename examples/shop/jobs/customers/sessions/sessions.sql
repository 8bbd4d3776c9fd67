-- A session belongs to the day on which it began; the day before is read so that one over midnight
-- isn't begun twice.
WITH gaps AS (
  SELECT customer_id, region, ts, page,
         CASE WHEN ts - lag(ts) OVER (PARTITION BY customer_id ORDER BY ts, page) <= INTERVAL 30 MINUTE
              THEN 0 ELSE 1 END AS begins
  FROM visits
),
numbered AS (
  SELECT *, sum(begins) OVER (PARTITION BY customer_id ORDER BY ts, page ROWS UNBOUNDED PRECEDING) AS session
  FROM gaps
)
SELECT customer_id, min(region) AS region, min(ts) AS started, max(ts) AS ended, count(*) AS pages
FROM numbered
GROUP BY customer_id, session
HAVING min(ts) >= {start}
