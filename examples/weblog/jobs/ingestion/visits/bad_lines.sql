SELECT source_partition AS file, source_offset AS line_number, reason, field, line, {ds} AS ds
FROM bad
