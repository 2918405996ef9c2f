"""What an operator can do on the command line: one module per topic, each with its `add`."""
