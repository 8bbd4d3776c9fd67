-- The domains that the platform names, as they stand there.
SELECT DISTINCT unnest(domains) AS host FROM lookalikes
UNION
SELECT DISTINCT unnest(domains) AS host FROM advertisers
