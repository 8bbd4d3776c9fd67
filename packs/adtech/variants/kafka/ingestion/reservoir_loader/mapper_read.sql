SELECT source_partition, source_offset, line, TRY(from_json(decode(line), '{
  "event_id": "VARCHAR", "ts": "VARCHAR", "ids": [{"party":"VARCHAR","id":"VARCHAR"}], "country": "VARCHAR",
  "region": "VARCHAR", "consent": "VARCHAR", "source": "VARCHAR", "source_partition": "VARCHAR",
  "source_offset": "BIGINT", "dt": "VARCHAR"}')) AS event
FROM mapper_lines
