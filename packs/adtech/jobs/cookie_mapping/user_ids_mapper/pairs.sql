-- Each two ids of one call, the lesser first.
WITH members AS (
  SELECT event_id, ts, unnest(ids) AS member FROM calls
),
ids AS (
  SELECT DISTINCT event_id, ts, member.party AS party, member.id AS id FROM members
)
SELECT a.party AS party_a, a.id AS id_a, b.party AS party_b, b.id AS id_b,
       count(*) AS calls, min(a.ts) AS first_ts, max(a.ts) AS last_ts
FROM ids a JOIN ids b ON a.event_id = b.event_id AND (a.party < b.party OR (a.party = b.party AND a.id < b.id))
GROUP BY a.party, a.id, b.party, b.id
