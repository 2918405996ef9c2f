"""What is true: aggregates, events, measures and extraction, without any input or output."""
