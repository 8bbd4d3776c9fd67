-- `extra` has what the platform says beside it: a column each in the file.
SELECT d.segment_id, d.segment_name, d.advertiser_id, d.advertiser_domains, d.region, d.dsp, d.member_id, d.dsp_segment_id,
       d.min_size, d.max_size, d.expiration_minutes, d.active, s.extra
FROM definitions AS d
JOIN sound AS s ON s.segment_id = d.segment_id AND s.region = d.region AND s.dsp = d.dsp
