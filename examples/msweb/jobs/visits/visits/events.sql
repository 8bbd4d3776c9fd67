SELECT 'af' AS party, 'page_view' AS event, CAST(v.dt AS TIMESTAMP WITH TIME ZONE) AS ts, v.visitor AS user_id,
       concat('area-', v.area) AS domain, CAST([] AS VARCHAR[]) AS words,
       CASE WHEN a.is_segment AND v.dt = {var.train_day} THEN CAST(v.area AS BIGINT) END AS pixel_id, v.dt
FROM visits AS v
LEFT JOIN areas AS a ON a.area = v.area
