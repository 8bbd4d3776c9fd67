SELECT * EXCLUDE party FROM keyed WHERE party = 'st'
