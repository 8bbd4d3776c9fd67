-- Active segments; those of the same DSPs have the same audience.
SELECT segment_id, 3 * max(max_size) AS wanted, string_agg(DISTINCT dsp, ',' ORDER BY dsp) AS audience
FROM definitions
WHERE active = 1
GROUP BY segment_id
