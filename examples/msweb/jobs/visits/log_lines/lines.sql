SELECT source_partition AS file, source_offset AS number, decode(line) AS line,
       CASE WHEN source_partition LIKE '%.test' THEN {var.test_day} ELSE {var.train_day} END AS dt
FROM raw
