-- Edges and mapping say the same of each id.
SELECT party_a AS party, id_a AS user_id, universal_id FROM edges
UNION
SELECT party_b, id_b, coalesce(universal_id_b, universal_id) FROM edges
EXCEPT
SELECT party, user_id, universal_id FROM mapping
