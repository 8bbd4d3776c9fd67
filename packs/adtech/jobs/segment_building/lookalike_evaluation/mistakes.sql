-- What variables of weir.yaml may not be. What is judged was kept for 30 days.
WITH numbers AS (
  SELECT 'evaluation_days' AS name, concat('', {var.evaluation_days}) AS found, 1 AS least, 29 AS most
  UNION ALL
  SELECT 'evaluation_people', concat('', {var.evaluation_people}), 1, 100000000
)
SELECT 'weir.yaml' AS file, CAST(NULL AS BIGINT) AS line, concat('variables.', name) AS field,
       concat(name, ' is ''', found, '''; a whole number from ', least, ' to ', most, ' is allowed') AS text
FROM numbers
WHERE NOT CASE WHEN regexp_matches(found, '^[0-9]+$') AND length(found) < 10 THEN CAST(found AS BIGINT) BETWEEN least AND most
               ELSE false END
