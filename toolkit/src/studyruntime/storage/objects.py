"""What is known of an object, as a frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object without its content. A listing knows neither content type nor metadata."""

    bucket: str
    """The bucket's role, such as `uploads`."""
    key: str
    size_bytes: int
    etag: str
    modified_at: datetime
    content_type: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
