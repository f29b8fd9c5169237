"""The files of prices and of use: ours can be read, and what is wrong with others is told with its place."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from tests.support.checkout import REPOSITORY

from studyctl.adapters.price_files import PRICES, USAGE, read_prices
from studyctl.errors import UsageError

ROW = "{item: kms.key, usd: '1', per: month, regions: [us-east-1], evidence: list, source: somewhere, seen: 2026-11-29}"
USE = "{resource: aws_kms_key, item: kms.key, quantity: {default: 1}, reason: because}"


def written(folder: Path, prices: str, usage: str = "usage: []\n") -> Path:
    (folder / PRICES).parent.mkdir(parents=True)
    (folder / PRICES).write_text(prices)
    (folder / USAGE).write_text(usage)
    return folder


def test_rows_are_read(tmp_path: Path) -> None:
    table = read_prices(written(tmp_path, f"price:\n  - {ROW}\n", f"usage:\n  - {USE}\n"))
    found = table.price("kms.key", "us-east-1")
    assert found is not None
    assert found.usd == Decimal(1)
    assert table.price("kms.key", "us-west-2") is None
    assert [usage.quantity("prod") for usage in table.usages_of("aws_kms_key")] == [Decimal(1)]


def test_ours_say_what_each_price_rests_on_in_both_regions() -> None:
    for price in read_prices(REPOSITORY).prices:
        assert price.regions == ("us-east-1", "us-west-2")


@pytest.mark.parametrize(
    ("prices", "usage", "said"),
    [
        ("price: []\n", "usage: []\n", "says no price"),
        (f"price: [{ROW.replace('list', 'rumour')}]\n", "usage: []\n", "infra/cost/prices.yaml:1"),
        (f"price: [{ROW.replace(chr(39) + '1' + chr(39), 'NaN')}]\n", "usage: []\n", "not negative"),
        (f"price: [{ROW.replace(chr(39) + '1' + chr(39), '-1')}]\n", "usage: []\n", "not negative"),
        (f"price: [{ROW.replace('[us-east-1]', '[]')}]\n", "usage: []\n", "regions is a list"),
        (f"price: [{ROW.replace(', source: somewhere', '')}]\n", "usage: []\n", "a price has exactly"),
        (f"price: [{ROW}, {ROW}]\n", "usage: []\n", "kms.key: said twice"),
        (f"price: [{ROW}]\n", f"usage: [{USE}, {USE}]\n", "aws_kms_key with kms.key: said twice"),
        (f"price: [{ROW}]\n", f"usage: [{USE.replace('default', 'prod')}]\n", "quantity has `default`"),
        (f"price: [{ROW}]\n", f"usage: [{USE.replace('item: kms.key', 'item: kms.gold')}]\n", "no price for it"),
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path: Path, prices: str, usage: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_prices(written(tmp_path, prices, usage))
    assert said in str(refused.value)
