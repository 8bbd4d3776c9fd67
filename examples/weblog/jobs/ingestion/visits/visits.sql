SELECT event_id, ts, user_id, path, words, referrer_domain, country, browser, os, device_type,
       strftime(make_timestamp(epoch_us(ts)), '%Y-%m-%d') AS dt
FROM good
