SELECT source_partition, source_offset, line, TRY(from_json(decode(line), '{
  "event_id": "VARCHAR", "party": "VARCHAR", "event": "VARCHAR", "ts": "VARCHAR", "user_id": "VARCHAR",
  "url": "VARCHAR", "host": "VARCHAR", "domain": "VARCHAR", "path": "VARCHAR", "words": ["VARCHAR"],
  "referrer_domain": "VARCHAR", "country": "VARCHAR", "subdivision": "VARCHAR", "city": "VARCHAR",
  "region": "VARCHAR", "ip_truncated": "VARCHAR", "browser": "VARCHAR", "browser_version": "VARCHAR",
  "os": "VARCHAR", "device_type": "VARCHAR", "pixel_id": "BIGINT", "order_id": "VARCHAR", "order_value": "DOUBLE",
  "currency": "VARCHAR", "consent": "VARCHAR", "source": "VARCHAR", "source_partition": "VARCHAR",
  "source_offset": "BIGINT", "dt": "VARCHAR"}')) AS event
FROM tt_lines
