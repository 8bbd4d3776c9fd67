SELECT m.party, p.user_key AS person_key, u.user_key, u.key_epoch, m.first_seen, m.last_seen, m.calls
FROM mapping AS m
JOIN keys AS u ON u.party = m.party AND u.user_id = m.user_id
JOIN keys AS p ON p.party = 'person' AND p.user_id = m.universal_id
