-- What keys are wanted for: ids, and people as ids of the party `person`.
SELECT party, user_id FROM mapping
UNION
SELECT 'person' AS party, universal_id AS user_id FROM mapping
