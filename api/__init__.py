"""How it is asked over HTTP."""
