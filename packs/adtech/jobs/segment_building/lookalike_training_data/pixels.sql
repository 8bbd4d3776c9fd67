-- The pixels of segments: who fires one is positive.
SELECT segment_id, p.pixel_id AS pixel_id, p.event AS event, max(p.lookback_days) AS lookback_days
FROM (SELECT segment_id, unnest(pixels) AS p FROM sound) AS d
GROUP BY segment_id, p.pixel_id, p.event
