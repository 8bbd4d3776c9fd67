SELECT universal_id, tokens FROM histories WHERE ds = (SELECT now_ds FROM days)
