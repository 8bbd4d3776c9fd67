-- Once for all DSPs of a segment.
SELECT DISTINCT segment_id, pixel.pixel_id AS pixel_id, region, pixel.event AS event, pixel.lookback_days AS lookback_days
FROM (SELECT segment_id, region, unnest(pixels) AS pixel FROM definitions) AS each_pixel
