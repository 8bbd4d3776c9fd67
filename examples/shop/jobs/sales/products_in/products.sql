-- Every product of the list, and whether somebody bought it on the day.
SELECT product_id, name, price, product_id IN (SELECT product_id FROM orders) AS sold
FROM list
