"""Media for the tests, one module a kind.

Arrays: `pixels` (photos), `frames` (luma of moving scenes), `samples` (sound).
Files that encoders write: `audio_files`, `video_files`, `muxer_files` (every layout of MP4 and Matroska).
A small file of each format that can carry a notice: `small_files`.
Files put together by hand: `mp4_files` (box by box), `matroska_files` (element by element), `raw_files`.
Files of others: `shared`.
"""
