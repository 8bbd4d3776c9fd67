SELECT f.*, d.then_ds AS judged_ds FROM figures AS f CROSS JOIN days AS d
