-- Who fired a pixel of the segment, as it was defined then, since the cut: by the ids that people have now.
SELECT DISTINCT p.segment_id, coalesce(m.universal_id, md5(concat(e.party, ':', e.user_id))) AS now_id
FROM (
  SELECT segment_id, pixel.pixel_id AS pixel_id, pixel.event AS event
  FROM (SELECT segment_id, unnest(pixels) AS pixel FROM sound WHERE ds = (SELECT then_ds FROM days)) AS d
) AS p
JOIN advertisers_events AS e ON e.pixel_id = p.pixel_id AND (p.event = 'any' OR p.event = e.event)
LEFT JOIN mapping AS m ON m.party = e.party AND m.user_id = e.user_id
WHERE e.ts >= (SELECT cut FROM days) AND e.ts < {end}
