SELECT count(*) AS people,
       count(CASE WHEN tokens BETWEEN {var.min_tokens} AND 5000 THEN 1 END) AS kept,
       count(CASE WHEN tokens < {var.min_tokens} THEN 1 END) AS too_few_tokens,
       count(CASE WHEN tokens > 5000 THEN 1 END) AS too_many_tokens,
       (SELECT count(DISTINCT t.token) FROM tokens AS t JOIN histories AS h ON h.universal_id = t.universal_id) AS tokens
FROM people
