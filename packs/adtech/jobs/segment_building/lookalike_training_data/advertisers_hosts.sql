-- The domains that the platform names for each segment.
SELECT DISTINCT segment_id, trim(unnest(string_split(advertiser_domains, ','))) AS host FROM sound
