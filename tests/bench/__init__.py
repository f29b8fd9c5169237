"""Ratios against plain terraform and a bare Typer app, measured side by side in one run."""
