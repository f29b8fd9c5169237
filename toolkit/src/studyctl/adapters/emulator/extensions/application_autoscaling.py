"""Application Auto Scaling: tags of a scalable target.

- Absent: `ListTagsForResource`, `TagResource`, `UntagResource`; the provider calls the first for every target it reads.
- `RegisterScalableTarget` drops its tags: a perpetual diff.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse

from studyctl.adapters.emulator.extensions.registry import Extension, Shelf

EXTENSION = Extension("application-autoscaling")

_tags: Shelf[dict[str, str]] = Shelf("application_autoscaling_tags")


@EXTENSION.mend(ApplicationAutoScalingResponse, "register_scalable_target")
def register_scalable_target(
    original: Callable[[ApplicationAutoScalingResponse], str], response: ApplicationAutoScalingResponse
) -> str:
    """Keep the tags of the target."""
    answer = original(response)
    tags = response._get_param("Tags")
    if tags:
        _tags.of(response.applicationautoscaling_backend)[json.loads(answer)["ScalableTargetARN"]] = tags
    return answer


@EXTENSION.operation(ApplicationAutoScalingResponse)
def list_tags_for_resource(response: ApplicationAutoScalingResponse) -> str:
    """The tags of one target."""
    tags = _tags.of(response.applicationautoscaling_backend).get(response._get_param("ResourceARN"), {})
    return json.dumps({"Tags": tags})


@EXTENSION.operation(ApplicationAutoScalingResponse)
def tag_resource(response: ApplicationAutoScalingResponse) -> str:
    """Add tags."""
    tags = _tags.of(response.applicationautoscaling_backend)
    tags.setdefault(response._get_param("ResourceARN"), {}).update(response._get_param("Tags", {}))
    return "{}"


@EXTENSION.operation(ApplicationAutoScalingResponse)
def untag_resource(response: ApplicationAutoScalingResponse) -> str:
    """Remove tags."""
    tags = _tags.of(response.applicationautoscaling_backend).get(response._get_param("ResourceARN"), {})
    for key in response._get_param("TagKeys", []):
        tags.pop(key, None)
    return "{}"
