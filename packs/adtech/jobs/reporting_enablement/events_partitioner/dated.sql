-- An event more than 90 days older than its file, or more than a day newer, isn't believed.
SELECT *,
       file_day IS NOT NULL
         AND CAST(dt AS DATE) NOT BETWEEN CAST(file_day AS DATE) - 90 AND CAST(file_day AS DATE) + 1 AS is_bad
FROM days
