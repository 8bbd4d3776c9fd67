-- A segment of several DSPs is modelled once, for those that it goes to: all of them, as long as it goes to none.
SELECT segment_id, any_active AS active, string_agg(DISTINCT dsp, ',' ORDER BY dsp) AS dsps
FROM (SELECT *, max(active) OVER (PARTITION BY segment_id) AS any_active FROM sound) AS d
WHERE active = any_active
GROUP BY segment_id, any_active
