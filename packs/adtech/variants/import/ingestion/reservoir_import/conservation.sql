SELECT * FROM ledger
WHERE lines_in <> good + bad + duplicate + suppressed OR lines_in <> last_offset - first_offset + 1
