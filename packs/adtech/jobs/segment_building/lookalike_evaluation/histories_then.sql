SELECT universal_id, tokens FROM histories WHERE ds = (SELECT then_ds FROM days)
