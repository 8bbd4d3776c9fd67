-- A segment of several DSPs is modelled once.
SELECT segment_id, max(active) AS active, string_agg(DISTINCT dsp, ',' ORDER BY dsp) AS dsps
FROM definitions
GROUP BY segment_id
