"""Find which work a suspect shows or plays, also one that was never marked: fingerprints, index, match."""
