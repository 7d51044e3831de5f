"""Samples in and out of music files; everything in a file but its samples is kept.

opening.py    the reader that a file's format needs: `open_song`
song.py       what they all give: `Song`, blocks of samples to read and a way to write others in their place
pcm.py        uncompressed samples, changed where they are: wav.py and aiff.py find the place
flac.py mp3.py ogg.py mp4.py matroska.py    the compressed ones
decode.py encode.py    PyAV's decoders and encoders, and which bit rate a second encoding needs
gapless.py lame.py oggsurvey.py ogggraft.py graft.py sink.py    the bytes around the sound
track.py      the sound of a clip, beside packets that are copied: `SoundTrack`
"""
