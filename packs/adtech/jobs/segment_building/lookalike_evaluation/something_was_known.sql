-- Of the day that is judged there is something: `evaluation_days` before the first day of all there is nothing to judge.
SELECT d.then_ds AS judged_ds
FROM days AS d
WHERE d.then_ds NOT IN (SELECT ds FROM histories) OR d.then_ds NOT IN (SELECT ds FROM definitions)
