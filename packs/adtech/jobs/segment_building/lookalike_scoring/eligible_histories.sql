SELECT universal_id, tokens FROM histories WHERE universal_id IN (SELECT universal_id FROM audiences)
