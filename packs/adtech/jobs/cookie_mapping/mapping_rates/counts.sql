-- By pair of parties: users of the first, and those whose person holds an id of the second.
WITH holders AS (
  SELECT DISTINCT universal_id, party FROM mapping
),
parties AS (
  SELECT party FROM holders
  UNION
  SELECT party FROM users
)
SELECT u.party AS party_a, p.party AS party_b,
       count(*) AS users, count(h.universal_id) AS mapped,
       count(CASE WHEN u.is_sampled THEN 1 END) AS sample_users,
       count(CASE WHEN u.is_sampled THEN h.universal_id END) AS sample_mapped
FROM users AS u
JOIN parties AS p ON p.party <> u.party
LEFT JOIN holders AS h ON h.universal_id = u.universal_id AND h.party = p.party
GROUP BY u.party, p.party
