-- The ROC curve by segment, as JSON.
SELECT segment_id, CAST(to_json(list(
         {'threshold': threshold, 'false_positive_rate': false_positive_rate, 'true_positive_rate': true_positive_rate}
         ORDER BY false_positive_rate, true_positive_rate)) AS VARCHAR) AS curve
FROM roc
GROUP BY segment_id
