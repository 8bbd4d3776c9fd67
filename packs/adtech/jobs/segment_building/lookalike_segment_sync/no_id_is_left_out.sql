-- Ids of the day's people with spaces or control characters, which are sent to nobody: how many, and of how many characters. Any
-- browser may bring one; the ids themselves aren't said.
SELECT d.dsp, count(DISTINCT m.user_id) AS ids_left_out, min(length(m.user_id)) AS shortest, max(length(m.user_id)) AS longest
FROM (
  SELECT split_part(pair, '=', 1) AS dsp, split_part(pair, '=', 2) AS party
  FROM (SELECT unnest(string_split({var.dsps}, ',')) AS pair) AS pairs
) AS d
JOIN mapping AS m ON m.party = d.party
WHERE (m.user_id = '' OR regexp_matches(m.user_id, '[\x00-\x20\x7f]'))
  AND m.universal_id IN (SELECT universal_id FROM scored)
GROUP BY d.dsp
