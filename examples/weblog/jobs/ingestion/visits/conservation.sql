-- Every line is good, bad, a duplicate or a crawler's.
SELECT * FROM counts
WHERE lines_in <> good + duplicate + junk_id + bot + no_consent + erased + line_too_long + invalid_utf8
                  + not_json + missing_field + bad_timestamp + future_timestamp + bad_url
