-- What the share that is held back may not be: with all of the people every segment would be empty. And a day whose day before wasn't
-- run: nobody would be removed whom an earlier one has left.
SELECT 'weir.yaml' AS file, CAST(NULL AS BIGINT) AS line, 'variables.holdout' AS field,
       concat('holdout is ''', share, '''; a number from 0 to less than 1 is allowed') AS text
FROM asked_share
WHERE NOT coalesce(TRY_CAST(share AS DOUBLE) >= 0 AND TRY_CAST(share AS DOUBLE) < 1, false)
UNION ALL
SELECT 'metastore.segment_members', CAST(NULL AS BIGINT), 'ds',
       concat('there are members of ', ds, ', and ', CAST(ds AS DATE) + 1, ' was not run since; run it before ', {ds},
              ': weir run lookalike_segment_sync --on ', CAST(ds AS DATE) + 1)
FROM (
  SELECT ds, sum(added + renewed + kept) AS members, max(ds) OVER () AS newest
  FROM earlier
  GROUP BY ds
) AS e
WHERE ds = newest AND members > 0 AND CAST(ds AS DATE) + 1 < CAST({ds} AS DATE)
