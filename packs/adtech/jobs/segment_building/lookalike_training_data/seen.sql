-- Events, whose they are, and whether they are within `fire_window` minutes of a fire of that person: what leads to a
-- fire, or follows from it, tells the label.
WITH owned AS (
  SELECT coalesce(m.universal_id, md5(concat(e.party, ':', e.user_id))) AS universal_id, e.party, e.ts,
         date_diff('day', CAST(e.dt AS DATE), CAST({ds} AS DATE)) AS days_ago, e.domain, e.words
  FROM events AS e
  LEFT JOIN mapping AS m ON m.party = e.party AND m.user_id = e.user_id
),
-- Times around each person's fires, joined to one where they overlap.
around AS (
  SELECT universal_id, epoch_us(ts) - {var.fire_window} * 60000000 AS starts, epoch_us(ts) + {var.fire_window} * 60000000 AS ends
  FROM fires
  WHERE {var.fire_window} > 0
),
begun AS (
  SELECT universal_id, starts, ends,
         CASE WHEN starts <= max(ends) OVER (PARTITION BY universal_id ORDER BY starts, ends
                                             ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) THEN 0 ELSE 1 END AS is_new
  FROM around
),
numbered AS (
  SELECT universal_id, starts, ends,
         sum(is_new) OVER (PARTITION BY universal_id ORDER BY starts, ends ROWS UNBOUNDED PRECEDING) AS number
  FROM begun
),
spans AS (
  SELECT universal_id, min(starts) AS starts, max(ends) AS ends FROM numbered GROUP BY universal_id, number
)
SELECT o.universal_id, o.party, o.days_ago, o.domain, o.words, s.starts IS NOT NULL AS is_near_fire
FROM owned AS o
LEFT JOIN spans AS s ON s.universal_id = o.universal_id AND epoch_us(o.ts) BETWEEN s.starts AND s.ends
