"""What carries certain tags, as the Resource Groups Tagging API tells it, region by region."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from studyctl.adapters.aws.session import AwsSession
from studyctl.domain.drift import Unmanaged


class TaggedResources:
    """Lists resources by their tags. Things that were never tagged are not told of, by nobody."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    def tagged(self, regions: Sequence[str], tags: Mapping[str, str]) -> Iterator[Unmanaged]:
        """See `usecases.drift.Tagged.tagged`. Global things are told of in us-east-1."""
        filters = [{"Key": key, "Values": [value]} for key, value in tags.items()]
        for region in dict.fromkeys(regions):
            client = self._session.client("resourcegroupstaggingapi", region=region)
            for page in client.get_paginator("get_resources").paginate(TagFilters=filters):
                for entry in page["ResourceTagMappingList"]:
                    yield Unmanaged(entry["ResourceARN"], region)
