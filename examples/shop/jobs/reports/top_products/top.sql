SELECT region, rank, product, value, sessions
FROM ranked
WHERE rank <= 3
