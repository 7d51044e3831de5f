"""Frames in and out of video files with PyAV; everything else in the file is copied packet by packet.

clip.py      what is in a file: `examine`
luma.py      the luma plane of a frame as an array, upright
encoders.py  which encoder writes a clip's codec again, and with which settings
hdr.py       mastering display and content light level, from the decoder to the encoder
streams.py   the encoder and the stream that it fills, made after the source's
timing.py    the times of frames, through encoders that know only some
remux.py     the one loop that decodes, hands out, encodes and copies: `rewrite`
platforms.py what YouTube, TikTok and Instagram ask of an upload
frames.py    luma planes one after the other, for detection: `watched`
"""
