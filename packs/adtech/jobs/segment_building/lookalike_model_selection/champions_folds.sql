SELECT f.segment_id, f.run_id, f.fold, f.token, f.weight
FROM before_folds AS f
JOIN champions AS c ON c.segment_id = f.segment_id AND c.run_id = f.run_id AND c.ds = f.ds
