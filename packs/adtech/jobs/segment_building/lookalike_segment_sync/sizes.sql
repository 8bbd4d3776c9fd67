WITH counting AS (
  SELECT *, max(active) OVER (PARTITION BY segment_id) AS any_active FROM definitions
),
segments AS (
  SELECT segment_id, max(active) AS active, max(max_size) AS max_size, max(min_size) AS min_size
  FROM counting
  WHERE active = any_active
  GROUP BY segment_id
  UNION ALL
  SELECT DISTINCT segment_id, 0 AS active, 0 AS max_size, 0 AS min_size
  FROM before
  WHERE segment_id NOT IN (SELECT segment_id FROM definitions)
),
done AS (
  SELECT segment_id, count(CASE WHEN what = 'add' THEN 1 END) AS added, count(CASE WHEN what = 'remove' THEN 1 END) AS removed,
         count(CASE WHEN what = 'renew' THEN 1 END) AS renewed
  FROM delivered
  GROUP BY segment_id
),
had AS (SELECT segment_id, count(*) AS members FROM before GROUP BY segment_id),
was_scored AS (SELECT DISTINCT segment_id FROM scoring WHERE status = 'scored'),
ranked AS (SELECT segment_id, count(*) AS people FROM scored GROUP BY segment_id),
sendable AS (
  SELECT segment_id, sum(ids) AS ids, min(ids) AS least
  FROM (
    SELECT d.segment_id, d.dsp, count(a.dsp_user_id) AS ids
    FROM definitions AS d
    LEFT JOIN available AS a ON a.segment_id = d.segment_id AND a.dsp = d.dsp AND a.dsp_segment_id = d.dsp_segment_id
    WHERE d.active = 1
    GROUP BY d.segment_id, d.dsp, d.dsp_segment_id
  ) AS a
  GROUP BY segment_id
)
SELECT s.segment_id, s.max_size AS wanted, coalesce(r.people, 0) AS scored, CAST(coalesce(a.ids, 0) AS BIGINT) AS mapped,
       coalesce(d.added, 0) AS added, coalesce(d.removed, 0) AS removed, coalesce(d.renewed, 0) AS renewed,
       coalesce(h.members, 0) - coalesce(d.removed, 0) - coalesce(d.renewed, 0) AS kept,
       CASE WHEN s.active <> 1 THEN 'not_active'
            WHEN q.segment_id IS NULL THEN 'no_model'
            WHEN coalesce(a.least, 0) < s.min_size THEN 'undersized'
            ELSE 'sent' END AS status
FROM segments AS s
LEFT JOIN done AS d ON d.segment_id = s.segment_id
LEFT JOIN had AS h ON h.segment_id = s.segment_id
LEFT JOIN ranked AS r ON r.segment_id = s.segment_id
LEFT JOIN was_scored AS q ON q.segment_id = s.segment_id
LEFT JOIN sendable AS a ON a.segment_id = s.segment_id
