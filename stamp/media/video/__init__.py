"""Frames in and out of video files with PyAV; everything else in the file is copied packet by packet.

clip.py           what is in a file: `examine`
luma.py           the luma plane of a frame as an array, upright
encoders.py       which encoder writes a clip's codec again, and with which settings
platforms.py      what YouTube, TikTok and Instagram ask of an upload
transcode.py      the plan, made of these: `plan_transcode`
hdr.py            mastering display and content light level, from the decoder to the encoder
streams.py        the encoder and the stream that it fills, made after the source's
timing.py         the times of frames, through encoders that know only some
picture_track.py  the pictures: decoded, handed out, and encoded
remux.py          the one loop over all streams, that copies the others: `rewrite`
mp4_index.py      the index of an MP4 file, with what FFmpeg does not write in it: `carry_over_boxes`
difficulty.py     how hard the pictures are to code, measured by coding a little of them
frames.py         luma planes one after the other, for detection: `watched`
"""
