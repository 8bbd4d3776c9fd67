SELECT t.universal_id, t.tokens, p.events, p.parties
FROM (
  SELECT universal_id, list_sort(list({{'token': token, 'days': days})) AS tokens FROM tokens GROUP BY universal_id
) AS t
JOIN people AS p ON p.universal_id = t.universal_id
WHERE p.tokens BETWEEN {var.min_tokens} AND 5000
