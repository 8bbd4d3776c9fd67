-- The domains of a segment's advertiser, and those on which its pixels fired.
SELECT segment_id, concat('d:', domain) AS token
FROM (
  SELECT h.segment_id, d.domain
  FROM advertisers_hosts AS h JOIN domains AS d ON d.host = h.host
  UNION
  SELECT p.segment_id, f.domain
  FROM pixels AS p JOIN (SELECT DISTINCT pixel_id, domain FROM fires) AS f ON f.pixel_id = p.pixel_id
)
WHERE domain <> ''
