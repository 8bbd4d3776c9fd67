-- "C,"10001",10001" is a visitor, whose visits follow.
WITH numbered AS (
  SELECT file, dt, string_split(line, ',') AS fields,
         max(CASE WHEN line LIKE 'C,%' THEN number END) OVER (PARTITION BY file ORDER BY number ROWS UNBOUNDED PRECEDING) AS visitor_line
  FROM lines
  WHERE line LIKE 'C,%' OR line LIKE 'V,%'
)
SELECT DISTINCT concat(CASE WHEN v.dt = {var.test_day} THEN 'test-' ELSE 'train-' END, c.visitor) AS visitor, v.dt,
       CAST(v.fields[2] AS INTEGER) AS area
FROM numbered AS v
JOIN (SELECT file, number, string_split(line, ',')[3] AS visitor FROM lines WHERE line LIKE 'C,%') AS c
  ON c.file = v.file AND c.number = v.visitor_line
WHERE v.fields[1] = 'V'
