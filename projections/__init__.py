"""What is shown: the read models, their SQL, and how they follow the log."""
