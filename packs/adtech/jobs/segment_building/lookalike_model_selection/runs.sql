-- A model that could be learnt is champion, unless the one before stays.
SELECT l.segment_id, l.status, l.reason, l.run_id, l.model_name, l.model_version, l.algorithm, l.parameters, l.auc_mean,
       l.auc_std, l.average_precision, l.auc_activity, l.auc_naive_bayes, l.calibration_error, l.positives, l.negatives,
       l.vocabulary, l.status = 'succeeded' AND coalesce(c.decision, 'first') <> 'kept' AS champion, l.seconds, l.model_sha256
FROM learnt AS l
LEFT JOIN contests AS c ON c.segment_id = l.segment_id
