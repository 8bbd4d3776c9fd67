SELECT segment_id, universal_id, label, fold FROM training WHERE ds = (SELECT then_ds FROM days)
