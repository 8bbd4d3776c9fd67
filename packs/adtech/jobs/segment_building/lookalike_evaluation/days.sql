-- The day whose knowledge is judged, and the moment from which on conversions count.
SELECT CAST(CAST(CAST({ds} AS DATE) - to_days(CAST({var.evaluation_days} AS INTEGER)) AS DATE) AS VARCHAR) AS then_ds,
       {ds} AS now_ds,
       {end} - to_days(CAST({var.evaluation_days} AS INTEGER)) AS cut
