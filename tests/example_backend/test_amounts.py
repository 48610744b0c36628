"""What customers write where an amount is asked for."""

from decimal import Decimal

import pytest

from deploy.example_backend.amounts import shortest, yuan


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("30", "30"),
        ("29.9元", "29.9"),
        ("¥ 12,000.50", "12000.50"),
        ("３万", "30000"),
        ("1.5w", "15000"),
        ("3K块钱", "3000"),
        ("三十", "30"),
        ("十五块", "15"),
        ("三百五", "350"),
        ("一百零五", "105"),
        ("五千块", "5000"),
        ("一万五", "15000"),
        ("一万二千", "12000"),
        ("两万零五百", "20500"),
        ("十二万", "120000"),
    ],
)
def test_read(text: str, amount: str) -> None:
    assert yuan(text) == Decimal(amount)


UNREADABLE = ["", "0", "0.001", "零", "-5", "1e9", "三三", "好多钱", "12.5.1", "全部", "9" * 30, "٣"]


@pytest.mark.parametrize("text", UNREADABLE)
def test_not_read(text: str) -> None:
    assert yuan(text) is None


def test_the_shortest_form_is_shown() -> None:
    assert [shortest(Decimal(text)) for text in ["59.00", "43.60", "0"]] == [59, 43.6, 0]
