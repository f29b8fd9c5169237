"""What is said comes out as it was said."""

from __future__ import annotations

import pytest

from studyctl.cli.console import Console, table
from studyctl.cli.options import GlobalOptions

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:study-prod/session-signing"


def test_an_arn_is_no_picture(capsys: pytest.CaptureFixture[str]) -> None:
    """`:secret:` is the name of an emoji to whom asks for them."""
    console = Console(GlobalOptions())
    console.say(ARN)
    console.warn(ARN)
    console.show(table(["secret"], [[ARN]]))
    console.data({}, table(["secret"], [[ARN]], title=ARN))
    told = capsys.readouterr()
    assert (told.err.count(ARN), told.out.count(ARN)) == (3, 2)
