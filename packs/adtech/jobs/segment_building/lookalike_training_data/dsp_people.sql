-- Who has a history and can be sent: the parties that know DSPs' ids, and their people.
SELECT DISTINCT d.dsp, m.universal_id
FROM (
  SELECT split_part(pair, '=', 1) AS dsp, split_part(pair, '=', 2) AS party
  FROM (SELECT unnest(string_split({var.dsps}, ',')) AS pair) AS pairs
) AS d
JOIN mapping AS m ON m.party = d.party
JOIN histories AS h ON h.universal_id = m.universal_id
