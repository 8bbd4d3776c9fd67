-- Those within the size; the value falls from 1000 with the rank among them.
SELECT segment_id, dsp, dsp_segment_id, expiration_minutes, dsp_user_id, universal_id,
       (1000 * (people - person + 1)) // people AS value
FROM (
  SELECT *, max(person) OVER (PARTITION BY segment_id, dsp, dsp_segment_id) AS people
  FROM available
  WHERE place <= max_size
) AS c
