SELECT dsp_segment_id, dsp_user_id, since, until, value FROM members WHERE dsp = 'files'
