SELECT segment_id, segment_name, advertiser_id, advertiser_domains, region, dsp, member_id, dsp_segment_id,
       min_size, max_size, expiration_minutes, active
FROM definitions
