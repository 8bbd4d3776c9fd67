SELECT 'event_ingester' AS job, {ds} AS ds, 'ingested-st' AS source, name, target, size, checksum, lines
FROM st
UNION ALL
SELECT 'event_ingester' AS job, {ds} AS ds, 'ingested-tt' AS source, name, target, size, checksum, lines
FROM tt
