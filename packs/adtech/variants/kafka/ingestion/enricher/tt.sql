SELECT *, strftime(make_timestamp(epoch_us(ts)), '%Y-%m-%d') AS dt, {batch} AS batch, {ds} AS ds
FROM tt_good
