SELECT DISTINCT visitor AS universal_id, party, CASE WHEN party = 'an' THEN concat('dsp-', visitor) ELSE visitor END AS user_id
FROM visits
CROSS JOIN (SELECT unnest(['af', 'an']) AS party) AS parties
