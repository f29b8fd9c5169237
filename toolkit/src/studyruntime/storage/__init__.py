"""Objects in buckets."""

from studyruntime.storage.objects import ObjectInfo
from studyruntime.storage.protocol import ObjectStorage
from studyruntime.storage.s3 import S3ObjectStorage

__all__ = ["ObjectInfo", "ObjectStorage", "S3ObjectStorage"]
