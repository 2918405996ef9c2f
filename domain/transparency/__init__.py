"""The transparency log: what proves that no event was changed, removed or reordered."""
