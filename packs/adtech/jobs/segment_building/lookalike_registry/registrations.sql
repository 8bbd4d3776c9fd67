SELECT r.model_name, r.run_id, r.model_version, r.champion, r.parameters, f.metrics,
       [{'name': 'MLmodel', 'content': encode(m.ml_model)},
        {'name': 'model.onnx', 'content': m.model},
        {'name': 'roc.json', 'content': encode(c.curve)}] AS files
FROM runs AS r
JOIN models AS m ON m.segment_id = r.segment_id AND m.run_id = r.run_id
JOIN figures AS f ON f.segment_id = r.segment_id
JOIN curves AS c ON c.segment_id = r.segment_id
