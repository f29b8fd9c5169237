"""What AWS does not serve comes to an end: each provider says how often it asks again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.support.checkout import REPOSITORY

MOST = 10
"""Calls, the first one counted: with the provider's backoff at most 9 minutes; its own 25 are most of an hour."""
FILES = sorted((REPOSITORY / "infra").glob("*/providers.tf"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_f45_each_provider_gives_up_at_last(file: Path) -> None:
    text = file.read_text("utf-8")
    said = re.findall(r"^  max_retries +=", text.partition('provider "aws"')[2], re.MULTILINE)
    assert len(said) == text.count('provider "aws" {') > 0
    (bound,) = re.findall(r"max_retries += ([0-9]+)", text)
    assert 3 <= int(bound) <= MOST
