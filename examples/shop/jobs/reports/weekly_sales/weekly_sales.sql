SELECT product, sum(quantity) AS pieces, sum(value) AS value
FROM lines
GROUP BY product
