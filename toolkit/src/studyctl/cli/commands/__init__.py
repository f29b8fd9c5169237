"""One file a command: parse, call the use case, present."""
