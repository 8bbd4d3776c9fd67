-- The day's events, each with the day of the file that it came in, where the file's name tells one.
WITH rows AS (
  SELECT * FROM af
  UNION ALL
  SELECT * FROM st
  UNION ALL
  SELECT * FROM tt
)
SELECT *, nullif(regexp_extract(source_partition, '[0-9]{{4}-[0-9]{{2}-[0-9]{{2}'), '') AS file_day
FROM rows
