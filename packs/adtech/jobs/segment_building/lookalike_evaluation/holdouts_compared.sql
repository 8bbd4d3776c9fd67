-- Who of those sent then, and of those held back then, converted since. Shares with their 95 % intervals by Wilson (1927);
-- the difference's by Newcombe, "Interval estimation for the difference between independent proportions" (1998), method 10.
WITH then_members AS (
  SELECT DISTINCT segment_id, universal_id, 1 AS is_sent
  FROM members
  WHERE ds = (SELECT then_ds FROM days) AND universal_id IS NOT NULL
  UNION ALL
  SELECT segment_id, universal_id, 0 AS is_sent FROM holdouts WHERE ds = (SELECT then_ds FROM days)
),
counts AS (
  SELECT m.segment_id, CAST(sum(m.is_sent) AS BIGINT) AS sent, CAST(sum(1 - m.is_sent) AS BIGINT) AS held,
         count(CASE WHEN m.is_sent = 1 THEN f.now_id END) AS sent_converted,
         count(CASE WHEN m.is_sent = 0 THEN f.now_id END) AS held_converted
  FROM then_members AS m
  JOIN people AS p ON p.universal_id = m.universal_id
  LEFT JOIN conversions AS f ON f.segment_id = m.segment_id AND f.now_id = p.now_id
  GROUP BY m.segment_id
),
shares AS (
  SELECT *, CAST(sent_converted AS DOUBLE) / nullif(sent, 0) AS s, CAST(held_converted AS DOUBLE) / nullif(held, 0) AS h,
         3.841458820694124 AS zz
  FROM counts
),
bounds AS (
  SELECT *,
         (s + zz / (2 * sent)) / (1 + zz / sent) AS s_middle,
         sqrt(zz * (s * (1 - s) / sent + zz / (4.0 * sent * sent))) / (1 + zz / sent) AS s_half,
         (h + zz / (2 * held)) / (1 + zz / held) AS h_middle,
         sqrt(zz * (h * (1 - h) / held + zz / (4.0 * held * held))) / (1 + zz / held) AS h_half
  FROM shares
),
-- Where nobody or everybody converted a bound is 0 or 1, and what floating point makes of it lies beside; null stays null.
cut AS (
  SELECT *,
         CASE WHEN s_middle - s_half < 0 THEN 0.0 ELSE s_middle - s_half END AS s_lower,
         CASE WHEN s_middle + s_half > 1 THEN 1.0 ELSE s_middle + s_half END AS s_upper,
         CASE WHEN h_middle - h_half < 0 THEN 0.0 ELSE h_middle - h_half END AS h_lower,
         CASE WHEN h_middle + h_half > 1 THEN 1.0 ELSE h_middle + h_half END AS h_upper
  FROM bounds
)
SELECT segment_id, sent, sent_converted, held, held_converted,
       s AS sent_share, s_lower AS sent_share_lower, s_upper AS sent_share_upper,
       h AS held_share, h_lower AS held_share_lower, h_upper AS held_share_upper,
       s - h AS difference,
       s - h - sqrt(power(s - s_lower, 2) + power(h_upper - h, 2)) AS difference_lower,
       s - h + sqrt(power(s_upper - s, 2) + power(h - h_lower, 2)) AS difference_upper
FROM cut
