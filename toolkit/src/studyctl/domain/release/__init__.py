"""Releases: what a service runs, how it gets there, what proves it, and what it goes back to. Pure and frozen."""
