-- Fires of the pixels that segments have, and whose they are. An id without a person is one of its own.
SELECT coalesce(m.universal_id, md5(concat(e.party, ':', e.user_id))) AS universal_id, e.pixel_id, e.event, e.ts, e.domain
FROM advertisers_events AS e
LEFT JOIN mapping AS m ON m.party = e.party AND m.user_id = e.user_id
WHERE e.pixel_id IN (SELECT pixel_id FROM pixels)
