WITH today AS (
  SELECT customer_id, CAST({ds} AS VARCHAR) AS day, count(DISTINCT order_id) AS orders, sum(value) AS value
  FROM lines
  GROUP BY customer_id
),
together AS (
  SELECT customer_id, first_order, last_order, orders, value FROM state
  UNION ALL
  SELECT customer_id, day, day, orders, value FROM today
)
SELECT customer_id, min(first_order) AS first_order, max(last_order) AS last_order,
       CAST(sum(orders) AS BIGINT) AS orders, CAST(sum(value) AS DECIMAL(18, 2)) AS value
FROM together
GROUP BY customer_id
