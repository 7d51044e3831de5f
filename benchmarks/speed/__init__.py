"""What a mark costs: CPU time in units of one JPEG encode and decode, peak memory, folders, start-up."""
