-- "A,1287,1,"International AutoRoute","/autoroute"" is an area, "V,1287,1" a visit of it.
WITH training AS (
  SELECT string_split(line, ',') AS fields, line FROM lines WHERE dt = {var.train_day}
),
counted AS (
  SELECT CAST(fields[2] AS INTEGER) AS area, count(*) AS visitors FROM training WHERE fields[1] = 'V' GROUP BY CAST(fields[2] AS INTEGER)
)
SELECT CAST(t.fields[2] AS INTEGER) AS area, regexp_extract(t.line, '^A,[0-9]+,[0-9]+,"([^"]*)"', 1) AS title,
       coalesce(c.visitors, 0) AS visitors, coalesce(c.visitors, 0) >= {var.least_visitors} AS is_segment
FROM training AS t
LEFT JOIN counted AS c ON c.area = CAST(t.fields[2] AS INTEGER)
WHERE t.fields[1] = 'A'
