-- With the fold, of which a person has one for all segments (XXH64, seed 2).
SELECT segment_id, universal_id, label, CAST(xxh64(universal_id, 2) % {var.folds} AS BIGINT) AS fold FROM drawn
