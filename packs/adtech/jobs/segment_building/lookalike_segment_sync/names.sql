-- The ids that DSPs know people by. One that no line can hold is nobody's.
SELECT DISTINCT d.dsp, m.universal_id, m.user_id AS dsp_user_id
FROM (
  SELECT split_part(pair, '=', 1) AS dsp, split_part(pair, '=', 2) AS party
  FROM (SELECT unnest(string_split({var.dsps}, ',')) AS pair) AS pairs
) AS d
JOIN mapping AS m ON m.party = d.party
WHERE m.user_id <> '' AND NOT regexp_matches(m.user_id, '[\x00-\x20\x7f]')
