SELECT segment_id, model AS score FROM scores_of_now
