SELECT l.region, l.product, sum(l.value) AS value, (SELECT count(*) FROM sessions s WHERE s.region = l.region) AS sessions
FROM lines l
GROUP BY l.region, l.product
