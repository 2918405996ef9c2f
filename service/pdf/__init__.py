"""PDF bytes in, words with boxes out; nothing here trusts the bytes."""
