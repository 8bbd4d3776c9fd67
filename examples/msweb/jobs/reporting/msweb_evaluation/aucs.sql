-- The area under each ROC curve: the share of pairs of a positive and a negative that stand in order, ties half. A tie's
-- rank is the mean of its places, doubled here so that it is a whole number.
WITH scores AS (
  SELECT area, label, 'model' AS kind, model AS score FROM judged
  UNION ALL
  SELECT area, label, 'naive_bayes' AS kind, naive_bayes AS score FROM judged
  UNION ALL
  SELECT area, label, 'popularity' AS kind, CAST(popularity AS DOUBLE) AS score FROM judged
),
ranked AS (
  SELECT area, kind, label, 2 * rank() OVER (PARTITION BY area, kind ORDER BY score) - 1
         + count(*) OVER (PARTITION BY area, kind, score) AS double_rank
  FROM scores
  WHERE score IS NOT NULL
),
sums AS (
  SELECT area, kind, sum(CASE WHEN label THEN double_rank ELSE 0 END) AS ranks,
         count(CASE WHEN label THEN 1 END) AS positives, count(CASE WHEN NOT label THEN 1 END) AS negatives
  FROM ranked
  GROUP BY area, kind
)
SELECT area, kind, (ranks - positives * (positives + 1)) / nullif(2.0e0 * positives * negatives, 0) AS auc FROM sums
