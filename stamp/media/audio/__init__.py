"""Samples in and out of music files: `song.open_song` opens one, and everything but the samples is kept."""
