SELECT concat('', {var.holdout}) AS share
