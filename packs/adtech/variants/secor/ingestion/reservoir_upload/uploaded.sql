SELECT *, {ds} AS ds FROM af_files
UNION ALL
SELECT *, {ds} AS ds FROM st_files
UNION ALL
SELECT *, {ds} AS ds FROM tt_files
UNION ALL
SELECT *, {ds} AS ds FROM mapper_files
