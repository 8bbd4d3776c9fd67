SELECT o.order_id, o.line, o.ts, o.region, o.customer_id, o.product_id, p.name AS product,
       o.quantity, CAST(o.quantity * p.price AS DECIMAL(12, 2)) AS value
FROM orders o JOIN products p ON o.product_id = p.product_id
