"""What can be asked: one method per command, and the running processes."""
