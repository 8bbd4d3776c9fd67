SELECT event.event_id AS event_id,
       CAST(event.ts AS TIMESTAMP WITH TIME ZONE) AS ts,
       event.ids AS ids,
       event.country AS country,
       event.region AS region,
       event.consent AS consent,
       event.source AS source,
       event.source_partition AS source_partition,
       event.source_offset AS source_offset,
       event.dt AS dt
FROM mapper_read
WHERE event.event_id IS NOT NULL AND event.ts IS NOT NULL
