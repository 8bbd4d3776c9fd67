SELECT DISTINCT party, user_id FROM dated WHERE NOT is_bad
