SELECT segment_id, universal_id FROM positives
