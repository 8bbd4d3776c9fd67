-- Everybody with events in the look-back, and how many tokens they have.
SELECT p.universal_id, p.events, p.parties, coalesce(t.tokens, 0) AS tokens
FROM (SELECT universal_id, count(*) AS events, count(DISTINCT party) AS parties FROM seen GROUP BY universal_id) AS p
LEFT JOIN (SELECT universal_id, count(*) AS tokens FROM tokens GROUP BY universal_id) AS t ON t.universal_id = p.universal_id
