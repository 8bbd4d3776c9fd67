-- As many ids and people come out as went in; of parties that have no table of their own the mapping has them alone.
SELECT m.ids, k.ids AS keyed_ids, m.people, k.people AS keyed_people
FROM (SELECT count(*) AS ids, count(DISTINCT universal_id) AS people FROM mapping) AS m,
     (SELECT count(*) AS ids, count(DISTINCT person_key) AS people FROM keyed) AS k
WHERE m.ids <> k.ids OR m.people <> k.people
