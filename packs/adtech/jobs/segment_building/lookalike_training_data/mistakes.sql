-- What variables of weir.yaml may not be. A bit a day of the look-back fits into 62 (tokens.sql).
WITH numbers AS (
  SELECT 'history_days' AS name, concat('', {var.history_days}) AS found, 1 AS least, 62 AS most, '' AS word
  UNION ALL
  SELECT 'min_tokens', concat('', {var.min_tokens}), 0, 5000, ''
  UNION ALL
  SELECT 'fire_window', concat('', {var.fire_window}), 0, 1000000, ''
  UNION ALL
  SELECT 'negatives_per_positive', concat('', {var.negatives_per_positive}), 1, 1000000, 'all'
  UNION ALL
  SELECT 'min_positives', concat('', {var.min_positives}), 1, 1000000, ''
  UNION ALL
  SELECT 'folds', concat('', {var.folds}), 2, 100, ''
),
pairs AS (SELECT trim(unnest(string_split({var.dsps}, ','))) AS pair),
parties AS (
  SELECT 'af' AS party
  UNION
  SELECT 'an' AS party
  UNION
  SELECT 'st' AS party
  UNION
  SELECT 'tt' AS party
  UNION
  SELECT party FROM mapping
)
SELECT 'weir.yaml' AS file, CAST(NULL AS BIGINT) AS line, concat('variables.', name) AS field,
       concat(name, ' is ''', found, '''; ', CASE WHEN word <> '' THEN concat(word, ', or ') ELSE '' END,
              'a whole number from ', least, ' to ', most, ' is allowed') AS text
FROM numbers
WHERE found <> word
  AND NOT CASE WHEN regexp_matches(found, '^[0-9]+$') AND length(found) < 10 THEN CAST(found AS BIGINT) BETWEEN least AND most
               ELSE false END
UNION ALL
SELECT 'weir.yaml', CAST(NULL AS BIGINT), concat('variables.dsps.', split_part(pair, '=', 1)),
       concat('''', split_part(pair, '=', 2), ''' is no party that the mapping knows; allowed are ',
              (SELECT string_agg(party, ', ' ORDER BY party) FROM parties))
FROM pairs
WHERE split_part(pair, '=', 2) NOT IN (SELECT party FROM parties)
