-- Multinomial naive Bayes by area: what each token adds to the log odds, with one added to each count.
WITH owned AS (
  SELECT t.segment_id, t.label, v.token, count(*) AS people
  FROM training AS t
  JOIN (SELECT universal_id, unnest(tokens).token AS token FROM histories WHERE ds = {var.train_day}) AS h ON h.universal_id = t.universal_id
  JOIN vocabulary AS v ON v.token = h.token
  WHERE t.ds = {var.train_day}
    AND NOT EXISTS (SELECT 1 FROM masks AS m WHERE m.ds = {var.train_day} AND m.segment_id = t.segment_id AND m.token = v.token)
  GROUP BY t.segment_id, t.label, v.token
),
cells AS (
  SELECT segment_id, token, sum(CASE WHEN label = 1 THEN people ELSE 0 END) AS ones, sum(CASE WHEN label = 0 THEN people ELSE 0 END) AS zeros
  FROM owned
  GROUP BY segment_id, token
),
totals AS (
  SELECT segment_id, sum(ones) AS ones, sum(zeros) AS zeros, count(*) AS tokens FROM cells GROUP BY segment_id
)
SELECT c.segment_id, c.token, ln((c.ones + 1) / (t.ones + t.tokens)) - ln((c.zeros + 1) / (t.zeros + t.tokens)) AS weight
FROM cells AS c
JOIN totals AS t ON t.segment_id = c.segment_id
