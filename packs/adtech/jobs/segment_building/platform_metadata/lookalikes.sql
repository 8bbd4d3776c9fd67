-- Segments of type lookalike, with what they leave out filled in.
SELECT id AS segment_id, name AS segment_name, advertiser_id, region, dsp, member_id, dsp_segment_id, min_size, max_size,
       coalesce(expiration_minutes, 43200) AS expiration_minutes, CAST(active AS BIGINT) AS active,
       pixel_ids, coalesce(event, 'any') AS event, coalesce(lookback_days, 30) AS lookback_days,
       coalesce(domains, CAST([] AS VARCHAR[])) AS domains, extra, file, line, lines
FROM segments
WHERE type = 'lookalike'
