"""Findings as files that other programs read, a module for each format: a command loads the one that it writes."""
