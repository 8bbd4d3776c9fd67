SELECT DISTINCT member_id, dsp_segment_id FROM routes WHERE dsp = 'files' AND current_seat
