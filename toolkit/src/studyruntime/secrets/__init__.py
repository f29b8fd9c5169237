"""Passwords and keys, read when they are needed and again when they change."""

from studyruntime.secrets.manager import SecretsManager

__all__ = ["SecretsManager"]
