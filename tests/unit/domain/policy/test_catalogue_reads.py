"""A pattern of every service is common where policies limit: it must not take a look at every service.

What was read before stays read, so each is judged in a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[4]
FEW = 5

JUDGED = """
from tests.support.policies import allow, deny, policy

from studyctl.domain.policy import PolicyKind, catalogue
from studyctl.domain.policy.graph.world import Identity, IdentityKind, IdentitySubject, World
from studyctl.domain.policy.rules.asking import judge_identity, judge_policy
from studyctl.domain.policy.rules.subjects import PolicySubject

everything = policy(allow("*"))
for kind in (PolicyKind.BOUNDARY, PolicyKind.SERVICE_CONTROL):
    assert not list(judge_policy(PolicySubject(everything, kind)))
anybody = policy(allow("*", Principal="*"), deny("*", Principal="*"))
for kind in (PolicyKind.ENDPOINT, PolicyKind.RESOURCE):
    list(judge_policy(PolicySubject(anybody, kind, "s3")))
list(judge_policy(PolicySubject(policy(deny("*"), deny("*:Delete*")), PolicyKind.IDENTITY)))
role = Identity("role", IdentityKind.ROLE, "role", "", (policy(allow("s3:Get*")),), boundary=(everything,))
assert list(judge_identity(IdentitySubject(role, World())))
print(len(catalogue().services_read))
"""


def test_a_star_in_what_limits_does_not_read_every_service() -> None:
    command = [sys.executable, "-c", JUDGED]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert 0 < int(done.stdout) <= FEW
