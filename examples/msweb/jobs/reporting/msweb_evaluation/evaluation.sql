SELECT a.area, a.title, a.visitors AS positives,
       r.parameters['transform'] AS transform, r.parameters['penalty'] AS penalty, CAST(r.parameters['c'] AS DOUBLE) AS c,
       r.auc_mean AS cv_auc, m.auc AS test_auc, n.auc AS naive_bayes_test_auc, p.auc AS popularity_test_auc
FROM areas AS a
JOIN runs AS r ON r.segment_id = a.area AND r.ds = {var.train_day}
JOIN aucs AS m ON m.area = a.area AND m.kind = 'model'
JOIN aucs AS n ON n.area = a.area AND n.kind = 'naive_bayes'
JOIN aucs AS p ON p.area = a.area AND p.kind = 'popularity'
WHERE {ds} = {var.test_day}
