-- Runs that learnt from enough people; a reason may give the number of fewer.
SELECT * FROM allowed WHERE positives >= {var.privacy_k}
