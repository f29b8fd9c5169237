"""The probes of the smoke test, one a kind of thing. Each cleans up after itself."""
