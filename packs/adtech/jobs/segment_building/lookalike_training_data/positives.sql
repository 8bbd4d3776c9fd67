SELECT DISTINCT s.segment_id, f.universal_id
FROM segments AS s
JOIN pixels AS p ON p.segment_id = s.segment_id
JOIN fires AS f ON f.pixel_id = p.pixel_id AND (p.event = 'any' OR p.event = f.event)
JOIN eligible AS e ON e.dsps = s.dsps AND e.universal_id = f.universal_id
WHERE f.ts >= {end} - to_days(CAST(p.lookback_days AS INTEGER)) AND f.ts < {end}
