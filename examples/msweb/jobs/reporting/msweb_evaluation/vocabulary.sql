-- The tokens that models may use.
SELECT token
FROM (SELECT universal_id, unnest(tokens).token AS token FROM histories WHERE ds = {var.train_day}) AS t
GROUP BY token
HAVING count(*) >= {var.min_people}
   AND count(*) <= {var.max_share} * (SELECT count(*) FROM histories WHERE ds = {var.train_day})
