-- For reporting: nobody's id, no place smaller than a country's part, no time finer than the hour, and no path element
-- that looks like a person's, nor the words of one: where something is masked, only words of what is left to be seen stay.
-- The masks come twice, as a mask takes the slash behind an element with it.
SELECT * EXCLUDE (user_id, order_id, city, masked)
  REPLACE (
    to_timestamp((epoch_us(ts) // 3600000000) * 3600) AS ts,
    regexp_extract(url, '^[a-z]+://') || host || masked AS url,
    masked AS path,
    CASE WHEN masked = path THEN words
         ELSE list_filter(words, lambda word: list_contains(
           regexp_split_to_array(lower(host || coalesce(TRY(url_decode(masked)), masked)), '[^\pL]+'), word)) END AS words
  )
FROM (
  SELECT *,
         regexp_replace(
           regexp_replace(
             regexp_replace(path, '/[^/]*(@|%40)[^/]*', '/*', 'g'),
             '/([0-9A-Fa-f]{{16,}|[0-9]{{6,})(/|$)', '/*\2', 'g'),
           '/([0-9A-Fa-f]{{16,}|[0-9]{{6,})(/|$)', '/*\2', 'g') AS masked
  FROM metastore.events
) AS e
