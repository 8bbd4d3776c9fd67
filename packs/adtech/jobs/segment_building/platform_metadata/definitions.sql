SELECT s.segment_id, s.segment_name, s.advertiser_id,
       array_to_string(
         list_sort(list_distinct(list_transform(list_concat(a.domains, s.domains), lambda domain: lower(domain)))),
         ',') AS advertiser_domains,
       s.dsp, s.member_id, s.dsp_segment_id, s.min_size, s.max_size, s.expiration_minutes, s.active,
       list_transform(
         list_sort(list_distinct(s.pixel_ids)),
         lambda pixel: struct_pack(pixel_id := pixel, event := s.event, lookback_days := s.lookback_days)) AS pixels,
       s.region
FROM sound AS s JOIN advertisers AS a ON a.id = s.advertiser_id
