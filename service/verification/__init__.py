"""Is the log what it was? Every event against its leaf, every tile, every signed checkpoint."""
