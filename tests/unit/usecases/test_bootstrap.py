from __future__ import annotations

from tests.support.checkout import REPOSITORY

from studyctl.adapters.specs import SpecFiles
from studyctl.domain.events import Action, ApplyCompleted, ApplyStarted, ChangePlanned
from studyctl.domain.progress import Progress, follow
from studyctl.domain.residents import Resident
from studyctl.usecases.bootstrap import is_usable, variables

RULES = "module.state_bucket.aws_s3_bucket_lifecycle_configuration.main"
BUCKET = "module.state_bucket.aws_s3_bucket.main"
POLICY = "module.state_bucket.aws_s3_bucket_policy.main"


def progress(*, done: tuple[str, ...], begun: tuple[str, ...]) -> Progress:
    planned = [ChangePlanned(address=address, action=Action.CREATE) for address in (BUCKET, POLICY, RULES)]
    started = [ApplyStarted(address=address, action=Action.CREATE) for address in (*done, *begun)]
    completed = [ApplyCompleted(address=address, action=Action.CREATE, elapsed_seconds=1) for address in done]
    return follow([*planned, *started, *completed])


def test_a_bucket_is_usable_when_only_its_lifecycle_rules_are_awaited() -> None:
    assert is_usable(progress(done=(BUCKET, POLICY), begun=(RULES,)))


def test_it_is_not_usable_before_its_policy() -> None:
    assert not is_usable(progress(done=(BUCKET,), begun=(POLICY, RULES)))
    assert not is_usable(progress(done=(BUCKET,), begun=(RULES,)))
    assert not is_usable(progress(done=(BUCKET, POLICY), begun=()))
    assert not is_usable(Progress())


def test_bootstrap_is_told_of_every_environment_and_which_keep_copies() -> None:
    specs = {name: SpecFiles(REPOSITORY).load(name) for name in ("dev", "prod")}
    residents = {name: Resident.of(spec) for name, spec in specs.items()}
    assert variables(specs["dev"], "123456789012", residents)["environments"] == {
        "dev": {"backup_region": "us-west-2", "has_copies": False},
        "prod": {"backup_region": "us-west-2", "has_copies": True},
    }
