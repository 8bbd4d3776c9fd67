-- The test visitors by area, each with its label and three scores.
WITH visitors AS (
  SELECT DISTINCT user_id AS visitor FROM visits WHERE dt = {var.test_day}
),
others AS (
  SELECT a.area, v.user_id AS visitor, count(*) AS number, exact_sum(coalesce(b.weight, 0)) AS weight
  FROM areas AS a
  JOIN visits AS v ON v.dt = {var.test_day} AND v.domain <> concat('area-', a.area)
  LEFT JOIN naive_bayes AS b ON b.segment_id = a.area AND b.token = concat('d:', v.domain)
  WHERE a.is_segment
  GROUP BY a.area, v.user_id
)
SELECT a.area, v.visitor,
       EXISTS (SELECT 1 FROM visits AS w WHERE w.dt = {var.test_day} AND w.user_id = v.visitor AND w.domain = concat('area-', a.area)) AS label,
       s.score AS model, coalesce(o.weight, 0) AS naive_bayes, coalesce(o.number, 0) AS popularity
FROM areas AS a
CROSS JOIN visitors AS v
LEFT JOIN others AS o ON o.area = a.area AND o.visitor = v.visitor
LEFT JOIN scored AS s ON s.segment_id = a.area AND s.universal_id = v.visitor
WHERE a.is_segment
