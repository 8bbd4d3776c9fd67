SELECT order_id, line FROM orders
EXCEPT
SELECT order_id, line FROM order_lines
