SELECT source, event_id, dt FROM af
UNION ALL
SELECT source, event_id, dt FROM st
UNION ALL
SELECT source, event_id, dt FROM tt
UNION ALL
SELECT source, event_id, dt FROM mapper
