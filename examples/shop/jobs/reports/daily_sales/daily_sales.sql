SELECT region, count(DISTINCT order_id) AS orders, sum(quantity) AS pieces, sum(value) AS value
FROM lines
GROUP BY region
