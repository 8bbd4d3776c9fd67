SELECT d.* EXCLUDE (ip_truncated, source, source_partition, source_offset, file_day, is_bad), k.user_key, k.key_epoch
FROM dated AS d JOIN keys AS k ON k.party = d.party AND k.user_id = d.user_id
WHERE NOT d.is_bad
