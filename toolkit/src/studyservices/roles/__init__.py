"""One module a role: what it is made of, and how it runs until it is told to stop."""
