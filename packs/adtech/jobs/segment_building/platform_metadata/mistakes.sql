-- What is wrong with lookalike segments, each with its place: file, line and field.
WITH elements AS (
  SELECT file, lines, unnest(pixel_ids) AS pixel_id, generate_subscripts(pixel_ids, 1) - 1 AS place FROM lookalikes
),
all_domains AS (
  SELECT file, lines, 'definition.domains' AS field, domains FROM lookalikes
  UNION ALL
  SELECT file, lines, 'domains' AS field, domains FROM advertisers
),
each_domain AS (
  SELECT file, lines, field, unnest(domains) AS domain, generate_subscripts(domains, 1) - 1 AS place FROM all_domains
),
-- What a DSP's files can say.
bounds AS (
  SELECT dsp, file, lines, unnest([
           {'field': 'expiration_minutes', 'found': expiration_minutes, 'most': 259200},
           {'field': 'dsp_segment_id', 'found': dsp_segment_id, 'most': 2147483647},
           {'field': 'member_id', 'found': member_id, 'most': 2147483647}]) AS bound
  FROM lookalikes
),
-- DSPs that there are connectors for, as far as weir.yaml says whose ids they take.
known_dsps AS (
  SELECT DISTINCT dsp
  FROM (SELECT split_part(trim(unnest(string_split({var.dsps}, ','))), '=', 1) AS dsp) AS named
  WHERE dsp IN ('xandr', 'files')
),
-- Objects of one segment and region are for several DSPs.
alike AS (
  SELECT *, count(*) OVER one_dsp AS times,
         min(segment_name) OVER one_model <> max(segment_name) OVER one_model
           OR min(advertiser_id) OVER one_model <> max(advertiser_id) OVER one_model AS other_owner,
         min(pixels) OVER one_model <> max(pixels) OVER one_model AS other_pixels,
         min(definition) OVER one_model <> max(definition) OVER one_model AS other_definition,
         min(segment_id) OVER one_number AS first_of_number, max(segment_id) OVER one_number AS last_of_number
  FROM (
    SELECT *, list_sort(list_distinct(pixel_ids)) AS pixels,
           struct_pack(e := event, l := lookback_days, d := list_sort(list_distinct(domains))) AS definition
    FROM lookalikes
  ) AS l
  WINDOW one_dsp AS (PARTITION BY segment_id, region, dsp), one_model AS (PARTITION BY segment_id, region),
         one_number AS (PARTITION BY region, dsp, member_id, dsp_segment_id)
)
SELECT file, lines['region'] AS line, 'region' AS field,
       '''' || region || ''' is unknown; allowed are amer, emeaApac' AS text
FROM lookalikes WHERE region NOT IN ('amer', 'emeaApac')
UNION ALL
SELECT s.file, s.lines['dsp'], 'dsp',
       '''' || s.dsp || ''' is unknown; allowed are ' || coalesce(k.names, 'none') || ', as dsps of weir.yaml says'
FROM lookalikes AS s
CROSS JOIN (SELECT string_agg(dsp, ', ' ORDER BY dsp DESC) AS names FROM known_dsps) AS k
WHERE s.dsp NOT IN (SELECT dsp FROM known_dsps)
UNION ALL
SELECT file, lines['type'], 'type',
       '''' || type || ''' of segment ' || id || ' is unknown; allowed are lookalike, url, category, contextual'
FROM segments WHERE type NOT IN ('lookalike', 'url', 'category', 'contextual')
UNION ALL
SELECT s.file, s.lines['advertiser_id'], 'advertiser_id',
       'advertiser ' || s.advertiser_id || ' is unknown; allowed are the ids of advertisers.json'
FROM lookalikes AS s ANTI JOIN advertisers AS a ON a.id = s.advertiser_id
UNION ALL
SELECT e.file, e.lines['pixel_ids[' || e.place || ']'], 'pixel_ids',
       'pixel ' || e.pixel_id || ' is unknown; allowed are the ids of pixels.json'
FROM elements AS e ANTI JOIN pixels AS p ON p.id = e.pixel_id
UNION ALL
SELECT file, lines['pixel_ids'], 'pixel_ids', 'there is none; a lookalike segment needs at least one pixel'
FROM lookalikes WHERE len(pixel_ids) = 0
UNION ALL
SELECT file, lines['min_size'], 'min_size', 'found ' || min_size || '; 0 or more is allowed'
FROM lookalikes WHERE min_size < 0
UNION ALL
SELECT file, lines['max_size'], 'max_size', 'found ' || max_size || '; 0 or more is allowed'
FROM lookalikes WHERE max_size < 0
UNION ALL
SELECT file, lines['max_size'], 'max_size',
       'found ' || max_size || ', less than min_size, which is ' || min_size || '; the same or more is allowed'
FROM lookalikes WHERE max_size < min_size
UNION ALL
SELECT file, lines['max_size'], 'max_size', 'found ' || max_size || '; at most 1000000000 is allowed'
FROM lookalikes WHERE max_size > 1000000000
UNION ALL
SELECT file, lines['expiration_minutes'], 'expiration_minutes', 'found ' || expiration_minutes || '; 1 or more is allowed'
FROM lookalikes WHERE expiration_minutes < 1 AND dsp <> 'xandr'
UNION ALL
SELECT file, lines[bound.field], bound.field, 'found ' || bound.found || '; 1 to ' || bound.most || ' is allowed at xandr'
FROM bounds WHERE dsp = 'xandr' AND bound.found NOT BETWEEN 1 AND bound.most
UNION ALL
SELECT file, lines['definition.lookback_days'], 'definition.lookback_days',
       'found ' || lookback_days || '; 1 to 365 is allowed'
FROM lookalikes WHERE lookback_days NOT BETWEEN 1 AND 365
UNION ALL
SELECT file, lines['name'], 'name', 'it has a tab or a line break; text of one line is allowed'
FROM lookalikes WHERE regexp_matches(segment_name, '[\t\r\n]')
UNION ALL
SELECT file, lines['definition.event'], 'definition.event', 'found ''' || event || '''; any or a type of event is allowed'
FROM lookalikes WHERE NOT regexp_full_match(event, '[^A-Z\t\r\n]+')
UNION ALL
SELECT e.file, e.lines[e.field || '[' || e.place || ']'], e.field,
       '''' || e.domain || ''' is no domain; one such as example.com is allowed'
FROM each_domain AS e
LEFT JOIN known_domains AS k ON k.host = e.domain
WHERE coalesce(k.domain NOT LIKE '%.%' OR contains(e.domain, ','), true)
UNION ALL
SELECT file, lines['id'], 'id',
       'segment ' || segment_id || ' stands ' || times || ' times with region ' || region || ' and dsp ' || dsp
         || '; once is allowed'
FROM alike WHERE times > 1
UNION ALL
SELECT file, lines['id'], 'id',
       'segment ' || segment_id || ' of region ' || region
         || ' has another name or advertiser elsewhere; the same for all its DSPs is allowed'
FROM alike WHERE other_owner
UNION ALL
SELECT file, lines['pixel_ids'], 'pixel_ids',
       'segment ' || segment_id || ' of region ' || region
         || ' has other pixels elsewhere; the same for all its DSPs are allowed'
FROM alike WHERE other_pixels
UNION ALL
SELECT file, lines['definition'], 'definition',
       'segment ' || segment_id || ' of region ' || region
         || ' has another definition elsewhere; the same for all its DSPs is allowed'
FROM alike WHERE other_definition
UNION ALL
SELECT file, lines['dsp_segment_id'], 'dsp_segment_id',
       dsp_segment_id || ' of member ' || member_id || ' at ' || dsp || ' is that of segment '
         || CASE WHEN segment_id = first_of_number THEN last_of_number ELSE first_of_number END || ' of region ' || region
         || ', too; a number for each segment is allowed'
FROM alike WHERE first_of_number <> last_of_number
