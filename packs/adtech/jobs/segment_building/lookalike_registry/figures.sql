-- What MLflow calls metrics, by segment: figures, and each point of the grid with the fold as step.
SELECT segment_id, list({'name': name, 'step': step, 'value': value} ORDER BY name, step) AS metrics
FROM (
  SELECT segment_id, 'auc_mean' AS name, CAST(0 AS BIGINT) AS step, auc_mean AS value FROM runs
  UNION ALL SELECT segment_id, 'auc_std', 0, auc_std FROM runs
  UNION ALL SELECT segment_id, 'average_precision', 0, average_precision FROM runs
  UNION ALL SELECT segment_id, 'auc_activity', 0, auc_activity FROM runs
  UNION ALL SELECT segment_id, 'auc_naive_bayes', 0, auc_naive_bayes FROM runs
  UNION ALL SELECT segment_id, 'calibration_error', 0, calibration_error FROM runs
  UNION ALL SELECT segment_id, 'positives', 0, CAST(positives AS DOUBLE) FROM runs
  UNION ALL SELECT segment_id, 'negatives', 0, CAST(negatives AS DOUBLE) FROM runs
  UNION ALL SELECT segment_id, 'vocabulary', 0, CAST(vocabulary AS DOUBLE) FROM runs
  UNION ALL SELECT segment_id, concat('grid.', transform, '.', penalty, '.', c), fold, auc FROM grid
) AS all_figures
WHERE value IS NOT NULL
GROUP BY segment_id
