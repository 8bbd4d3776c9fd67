-- Of Kafka, whose partitions are numbers, some offsets are no messages.
SELECT * FROM ledger
WHERE lines_in <> good + bad + duplicate + suppressed OR lines_in > last_offset - first_offset + 1
   OR (lines_in < last_offset - first_offset + 1 AND NOT regexp_matches(source_partition, '^[0-9]+$'))
