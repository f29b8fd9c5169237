"""The shares of traffic between a service's two target groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studyctl.adapters.aws.calls import asking
from studyctl.domain.release.place import Colours
from studyctl.domain.release.seen import Weights


@dataclass(frozen=True)
class BalancerTraffic:
    """Reads and moves the weights of a listener's rules."""

    elbv2: Any

    def weights(self, colours: Colours) -> Weights:
        """The shares now."""
        with asking(f"describe the rule {colours.rule_arn}"):
            (rule,) = self.elbv2.describe_rules(RuleArns=[colours.rule_arn])["Rules"]
        (forward,) = [action for action in rule["Actions"] if action["Type"] == "forward"]
        groups: list[Mapping[str, Any]] = forward.get("ForwardConfig", {}).get("TargetGroups") or [
            {"TargetGroupArn": forward["TargetGroupArn"], "Weight": 1}
        ]
        shares = {group["TargetGroupArn"]: int(group.get("Weight", 1)) for group in groups}
        return Weights.of({"blue": shares.get(colours.blue_arn, 0), "green": shares.get(colours.green_arn, 0)})

    def shift(self, colours: Colours, *, green_percent: int) -> None:
        """Set the shares."""
        groups = [
            {"TargetGroupArn": colours.blue_arn, "Weight": 100 - green_percent},
            {"TargetGroupArn": colours.green_arn, "Weight": green_percent},
        ]
        with asking(f"change the rule {colours.rule_arn}"):
            self.elbv2.modify_rule(
                RuleArn=colours.rule_arn, Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]
            )
