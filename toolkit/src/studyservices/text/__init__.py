"""From the bytes of an upload to words: what can be decided without asking any server."""
