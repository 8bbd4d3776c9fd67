SELECT *, strftime(make_timestamp(epoch_us(ts)), '%Y-%m-%d') AS dt
FROM tt_good
