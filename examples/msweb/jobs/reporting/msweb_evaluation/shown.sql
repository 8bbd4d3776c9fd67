SELECT area, title, positives, transform, penalty, c, CAST(cv_auc AS DECIMAL(5, 4)) AS cv_auc, CAST(test_auc AS DECIMAL(5, 4)) AS test_auc,
       CAST(naive_bayes_test_auc AS DECIMAL(5, 4)) AS naive_bayes, CAST(popularity_test_auc AS DECIMAL(5, 4)) AS popularity
FROM evaluation
