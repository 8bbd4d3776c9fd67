-- On how many days a person was seen with a token: a bit a day of the look-back. A page of a domain that carries pixels
-- gives its domain alone, as its words would tell the label.
WITH pages AS (
  SELECT s.universal_id, CAST(1 AS BIGINT) << CAST(s.days_ago AS BIGINT) AS day_bit, s.domain,
         CASE WHEN m.domain IS NULL THEN s.words END AS words
  FROM seen AS s
  LEFT JOIN (SELECT DISTINCT substr(token, 3) AS domain FROM masks) AS m ON m.domain = s.domain
  WHERE NOT s.is_near_fire
)
SELECT universal_id, token, CAST(bit_count(bit_or(day_bit)) AS BIGINT) AS days
FROM (
  SELECT universal_id, day_bit, concat('d:', domain) AS token FROM pages WHERE domain IS NOT NULL
  UNION ALL
  SELECT universal_id, day_bit, concat('w:', unnest(words)) AS token FROM pages
) AS t
GROUP BY universal_id, token
