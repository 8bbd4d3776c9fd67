SELECT 'raw_ingester' AS job, {ds} AS ds, 'sharethis' AS source, name, target, size, checksum, lines
FROM sharethis
