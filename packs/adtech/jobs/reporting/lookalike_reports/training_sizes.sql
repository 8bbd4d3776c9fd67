SELECT * FROM trained WHERE positives >= {var.privacy_k}
