-- Among fewer than 10 people somebody could be told from the others.
SELECT 'weir.yaml' AS file, CAST(NULL AS BIGINT) AS line, 'variables.privacy_k' AS field,
       concat('privacy_k is ', found, '; 10 or more people are allowed') AS text
FROM (SELECT concat('', {var.privacy_k}) AS found) AS k
WHERE NOT CASE WHEN regexp_matches(found, '^[0-9]+$') AND length(found) < 10 THEN CAST(found AS BIGINT) >= 10 ELSE false END
