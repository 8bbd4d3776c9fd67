-- Without the id: who wants the row finds it in the reservoir by its position.
SELECT 'events_partitioner' AS job, {ds} AS ds, source,
       source_partition || ':' || source_offset AS position,
       'dt' AS field, 'date_out_of_range' AS reason, event_id AS row
FROM dated
WHERE is_bad
