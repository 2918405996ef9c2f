"""What happened, told from the log: in words, with what was before and after, and by whom."""
