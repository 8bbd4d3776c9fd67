SELECT dsp_segment_id, dsp_user_id, since FROM members WHERE dsp = 'xandr'
