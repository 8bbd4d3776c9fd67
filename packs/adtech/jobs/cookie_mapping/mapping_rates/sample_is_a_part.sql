SELECT * FROM rates
WHERE mapped > users OR sample_users > users OR sample_mapped > sample_users OR sample_mapped > mapped
