SELECT * FROM af_suppressed
UNION ALL
SELECT * FROM st_suppressed
UNION ALL
SELECT * FROM tt_suppressed
UNION ALL
SELECT * FROM mapper_suppressed
