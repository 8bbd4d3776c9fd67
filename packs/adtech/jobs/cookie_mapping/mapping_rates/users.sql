-- The day's users, whose they are, and whether they are in the sample: XXH64 with the seed of samples, 1, below 5 % of
-- 2^64. (Spark's xxhash64() is another hash: there the function is to be registered.)
SELECT u.party, m.universal_id, xxh64(u.user_id, 1) < 922337203685477581 AS is_sampled
FROM (SELECT DISTINCT party, user_id FROM events) AS u
LEFT JOIN mapping AS m ON m.party = u.party AND m.user_id = u.user_id
