"""Measures as SQL: one statement per measure over the read models of observations."""
