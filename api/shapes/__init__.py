"""What clients get, described for OpenAPI; bodies are made elsewhere, already as JSON."""
