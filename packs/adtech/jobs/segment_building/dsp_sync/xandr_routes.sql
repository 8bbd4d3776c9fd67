SELECT DISTINCT member_id, dsp_segment_id FROM routes WHERE dsp = 'xandr' AND current_seat
