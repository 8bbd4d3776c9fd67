-- Among fewer than 10 people somebody could be told from the others.
SELECT 'weir.yaml' AS file, CAST(NULL AS BIGINT) AS line, 'variables.privacy_k' AS field,
       concat('privacy_k is ', {var.privacy_k}, '; 10 or more people are allowed') AS text
WHERE {var.privacy_k} < 10
