-- People whom one of the DSPs knows; segments of the same DSPs have the same ones.
SELECT DISTINCT s.dsps, p.universal_id
FROM (SELECT DISTINCT dsps FROM segments) AS s
JOIN dsp_people AS p ON list_contains(string_split(s.dsps, ','), p.dsp)
