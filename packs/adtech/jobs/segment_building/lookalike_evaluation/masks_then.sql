SELECT segment_id, token FROM masks WHERE ds = (SELECT then_ds FROM days)
