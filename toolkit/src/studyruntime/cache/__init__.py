"""A cache of two levels."""

from studyruntime.cache.manager import CacheManager

__all__ = ["CacheManager"]
