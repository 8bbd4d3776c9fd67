-- Who could have been sent then, and who can be now: they have a history, and an id that one of the DSPs knows and that
-- had been seen by then.
WITH parties AS (
  SELECT split_part(pair, '=', 1) AS dsp, split_part(pair, '=', 2) AS party
  FROM (SELECT unnest(string_split({var.dsps}, ',')) AS pair) AS pairs
),
audiences AS (
  SELECT DISTINCT s.ds, s.dsps, p.party
  FROM segments AS s
  JOIN parties AS p ON list_contains(string_split(s.dsps, ','), p.dsp)
)
SELECT DISTINCT a.ds, a.dsps, p.universal_id
FROM audiences AS a
JOIN days AS d ON d.then_ds = a.ds
JOIN mapping AS m ON m.party = a.party AND m.first_seen < d.cut
JOIN people AS p ON p.now_id = m.universal_id
UNION ALL
SELECT DISTINCT a.ds, a.dsps, h.universal_id
FROM audiences AS a
JOIN days AS d ON d.now_ds = a.ds
JOIN mapping AS m ON m.party = a.party
JOIN histories AS h ON h.ds = d.now_ds AND h.universal_id = m.universal_id
