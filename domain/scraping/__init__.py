"""From the words of a document to a value with its box, or an honest "not found"."""
