"""Elastic Load Balancing: the scheme of a balancer.

- `DescribeLoadBalancers` says no `Scheme` unless one was asked for; AWS always says one, `internet-facing` by default.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.elbv2.models import ELBv2Backend, FakeLoadBalancer

from studyctl.adapters.emulator.extensions.registry import Extension

EXTENSION = Extension("elbv2")


@EXTENSION.mend(ELBv2Backend, "create_load_balancer")
def create_load_balancer(
    original: Callable[..., FakeLoadBalancer], backend: ELBv2Backend, *arguments: Any, **fields: Any
) -> FakeLoadBalancer:
    """Take the default of AWS."""
    balancer = original(backend, *arguments, **fields)
    balancer.scheme = balancer.scheme or "internet-facing"
    return balancer
