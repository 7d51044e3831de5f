"""The way of one file: decoded, marked, encoded, given its notice, verified, put in its place.

files.py     the interface: `embed_file`, `detect_file`
stages.py    the way of a file that is marked, as a list
request.py   what was asked for
work.py      what sets a photo, a clip and a song apart on that way
image.py     photos: marking and detection
video.py     clips
audio.py     songs, and the sound of clips
fidelity.py  how near a marked work is to its source
notice.py    the rights notice: read, written, spliced into a file that is being made
removals.py  a notice taken out again, or what was there before it brought back
receipts.py  what a run did to a file
audit.py     which rights of a file a copy still has
"""
