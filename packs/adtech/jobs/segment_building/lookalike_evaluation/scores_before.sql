SELECT segment_id, model AS score FROM scores
