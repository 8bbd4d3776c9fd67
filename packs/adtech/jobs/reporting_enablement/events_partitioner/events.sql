SELECT * EXCLUDE (ip_truncated, source, source_partition, source_offset) FROM af
UNION ALL
SELECT * EXCLUDE (ip_truncated, source, source_partition, source_offset) FROM st
UNION ALL
SELECT * EXCLUDE (ip_truncated, source, source_partition, source_offset) FROM tt
