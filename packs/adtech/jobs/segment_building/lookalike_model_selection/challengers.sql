SELECT l.segment_id, l.run_id, {ds} AS ds, CAST(l.parameters['folds'] AS BIGINT) AS folds, m.model_sha256, m.model
FROM learnt AS l
JOIN models AS m ON m.segment_id = l.segment_id AND m.run_id = l.run_id
