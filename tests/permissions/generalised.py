"""What a recorded call means for any environment: its resource with places instead of names, and `*` instead of ids."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

ENVIRONMENTS = ("dev", "staging", "prod")
PROJECT = "study"
_NAME = re.compile(rf"{PROJECT}-(?:{'|'.join(ENVIRONMENTS)})\b")
_BUCKET = re.compile(r"-([a-z-]+)-\d{12}-")
"""What a bucket is for, in its name: who may read pages of the site need not read what users uploaded."""
_STATE = re.compile(rf"{PROJECT}-state-\d{{12}}-[a-z]+-[a-z]+-\d")
_TYPE = re.compile(r"[A-Za-z-]+[:/]")
_OTHERS = re.compile(r"/(?:net|gwy)/\*/")
"""A kind of balancer that nobody has: of the ARNs that an action may be asked on, IAM asks the one of the request."""


_NEEDS_NOTHING = "sts:GetCallerIdentity"
"""Everybody may ask it, and no policy can change that (AWS STS API Reference)."""
_PATHS = {
    "ci/": re.compile(rf"(:iam::\d+:(?:role|policy)/)(?={PROJECT}-[a-z]+-(?:plan|apply|drift))"),
    "boundaries/": re.compile(rf"(:iam::\d+:policy/)(?={PROJECT}-[a-z]+-workloads)"),
}
"""Requests name a role or a policy without its path; of those that bootstrap makes, some have one."""
_OF_MANY = re.compile(r"-(?:\d{12}-.*|[a-z]+-(?:plan|apply|drift|workloads).*)")
"""Where the name of something of the account tells an account and region, or an environment and what it is for."""
_EMULATORS_OWN = frozenset({"ecr:ListImages", "ecr:PutImage"})
"""There studyctl pushes the services of this checkout; in AWS docker does (iam-policies/studyctl/image.yaml)."""


def generalised(
    calls: Iterable[Mapping[str, str]], *, source: str = "", of_account: bool = False
) -> dict[tuple[str, str], str]:
    """Return each action and template of a resource, with a resource that was called.

    `source` is the environment that another one was promoted from. With `of_account` the calls are about what all
    environments share.
    """
    ignored = {_NEEDS_NOTHING, *_EMULATORS_OWN}
    rows = [(call["action"], call["resource"]) for call in calls if call["action"] not in ignored]
    if of_account:
        rows = [(action, _with_path(resource)) for action, resource in rows]
    told = {action for action, resource in rows if not _OTHERS.search(resource)}
    return {
        (action, template_of(resource, source, of_account=of_account)): resource
        for action, resource in sorted(rows, reverse=True)
        if not (_OTHERS.search(resource) and action in told)
    }


def _with_path(resource: str) -> str:
    for path, names in _PATHS.items():
        resource = names.sub(rf"\1{path}", resource)
    return resource


def template_of(resource: str, source: str = "", *, of_account: bool = False) -> str:
    """Return the template of an ARN; of EC2 and of nothing in particular it is `*`, as ids tell nothing of a name."""
    if resource == "*" or resource.startswith("arn:aws:ec2:"):
        return "*"
    _, _, service, region, account, rest = resource.split(":", 5)
    owner = "{account}" if account.isdigit() else account
    where = f"arn:{{partition}}:{service}:{'*' if region else ''}:{owner}"
    return f"{where}:{_rest(service, rest, source, of_account=of_account)}"


def _rest(service: str, rest: str, source: str, *, of_account: bool) -> str:
    if state := _STATE.match(rest):
        return "{state_bucket}" + _stable(rest[state.end() :], source)
    found = None if of_account else _NAME.search(rest)
    if found is None:
        return _without_name(service, rest)
    environment = found[0].removeprefix(f"{PROJECT}-")
    name = "{project}-{source}" if environment == source else "{prefix}"
    if service == "s3":
        whose = _BUCKET.match(rest, found.end())
        return f"{name}-{whose[1] if whose else '*'}-*/*" if "/" in rest else f"{name}-*"
    return f"{rest[: found.start()]}{name}*"


def _without_name(service: str, rest: str) -> str:
    if rest.startswith("secret:rds!"):
        return "secret:rds!*"
    if PROJECT in rest:
        before, _, after = rest.partition(PROJECT)
        return f"{before}{{project}}{_OF_MANY.sub('-*', after)}"
    kind = _TYPE.match(rest)
    return f"{kind[0]}*" if kind and service != "iam" else rest


def _stable(key: str, source: str) -> str:
    """A key in the bucket of states: the environment is a place, and what is numbered is any."""
    for environment in ENVIRONMENTS:
        place = "source" if environment == source else "environment"
        key = key.replace(f"/environments/{environment}/", f"/environments/{{{place}}}/")
    folder, slash, name = key.rpartition("/")
    return f"{folder}{slash}{'*' if re.search(r'[0-9]', name) else name}"
