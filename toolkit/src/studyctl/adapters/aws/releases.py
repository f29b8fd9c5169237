"""Everything of AWS that releases of one environment need, made when first used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from studyctl.adapters.aws.ecs import EcsServices
from studyctl.adapters.aws.monitors import MINUTE_SECONDS, CloudWatch
from studyctl.adapters.aws.references import AwsReferences
from studyctl.adapters.aws.registry import EcrRegistry
from studyctl.adapters.aws.release_ledger import ReleaseLedger
from studyctl.adapters.aws.release_lock_store import ReleaseLockStore
from studyctl.adapters.aws.session import AwsSession
from studyctl.adapters.aws.signatures import KmsSignatures
from studyctl.adapters.aws.traffic import BalancerTraffic
from studyctl.domain.release.place import Place


@dataclass(frozen=True)
class AwsReleases:
    """One environment's cluster, ledger and what stands around them."""

    session: AwsSession
    bucket: str
    environment: str
    place: Place
    metrics_period_seconds: int = MINUTE_SECONDS

    @cached_property
    def ledger(self) -> ReleaseLedger:
        """What was released."""
        return ledger_of(self.session, self.bucket, self.environment)

    @cached_property
    def services(self) -> EcsServices:
        """Services and tasks."""
        return EcsServices(self.session.client("ecs"), self.session.client("logs"), self.place.cluster)

    @cached_property
    def traffic(self) -> BalancerTraffic:
        """Shares of traffic."""
        return BalancerTraffic(self.session.client("elbv2"))

    @cached_property
    def registry(self) -> EcrRegistry:
        """Images."""
        return EcrRegistry(self.session.client("ecr"), self.place.registry_url)

    @cached_property
    def monitors(self) -> CloudWatch:
        """Alarms and metrics."""
        return CloudWatch(self.session.client("cloudwatch"), self.metrics_period_seconds)

    @cached_property
    def signatures(self) -> KmsSignatures:
        """Keys."""
        return KmsSignatures(self.session.client("kms"))

    @cached_property
    def references(self) -> AwsReferences:
        """What tasks need."""
        return AwsReferences(self.session, self.registry)


def ledger_of(session: AwsSession, bucket: str, environment: str) -> ReleaseLedger:
    """The release ledger, which can be read without knowing anything else of the environment."""
    return ReleaseLedger(session.client("s3"), bucket, environment)


def lock_of(session: AwsSession, bucket: str, environment: str, *, is_alive: Callable[[str], bool]) -> ReleaseLockStore:
    """The lock on releases."""
    return ReleaseLockStore(session.client("s3"), bucket, environment, is_alive)
