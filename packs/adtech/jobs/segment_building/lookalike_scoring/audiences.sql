-- Whom the DSPs of each audience know.
SELECT DISTINCT s.audience, m.universal_id
FROM (SELECT DISTINCT audience FROM segments) AS s
JOIN (
  SELECT split_part(pair, '=', 1) AS dsp, split_part(pair, '=', 2) AS party
  FROM (SELECT unnest(string_split({var.dsps}, ',')) AS pair) AS pairs
) AS d ON list_contains(string_split(s.audience, ','), d.dsp)
JOIN mapping AS m ON m.party = d.party
