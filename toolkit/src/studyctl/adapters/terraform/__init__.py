"""Terraform as the toolkit runs it: supervised, typed, with nothing of the caller's shell in it.

Deliberately empty of imports: the recorder and the embedded binary are started from here as processes of their own.
"""
