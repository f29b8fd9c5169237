"""Smoke tests: what is asked of a deployed environment, and what the answers come to. Pure and frozen."""
