"""Responders: schema in, one call, schema out."""
