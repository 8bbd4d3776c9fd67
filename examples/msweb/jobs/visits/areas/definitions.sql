SELECT CAST(area AS BIGINT) AS segment_id, title AS segment_name, CAST(area AS BIGINT) AS advertiser_id,
       concat('area-', area) AS advertiser_domains, 'files' AS dsp, CAST(0 AS BIGINT) AS member_id,
       CAST(area AS BIGINT) AS dsp_segment_id, CAST(1 AS BIGINT) AS min_size, CAST(5000 AS BIGINT) AS max_size,
       CAST(43200 AS BIGINT) AS expiration_minutes, CAST(1 AS BIGINT) AS active,
       [{{'pixel_id': CAST(area AS BIGINT), 'event': 'any', 'lookback_days': CAST(30 AS BIGINT)}] AS pixels
FROM areas
WHERE is_segment
