"""What a metric means: the formula language, its typed model, populations and scores."""
