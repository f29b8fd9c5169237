"""The emulator's status, for people and for programs."""

from __future__ import annotations
