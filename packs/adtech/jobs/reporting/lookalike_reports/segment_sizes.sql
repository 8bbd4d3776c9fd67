SELECT * FROM sizes WHERE scored >= {var.privacy_k}
