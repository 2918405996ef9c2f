"""What clients may send: unknown fields, wrong types and broken rules are refused by name."""
