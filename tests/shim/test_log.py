"""Is a line of a shim's log discreet, whatever an error quotes?"""

import logging

import pytest

from pyshim.serve.log import Discreet
from pyshim.telemetry.said import FORMAT

TURN = "turn_id=0123456789abcdef0123456789abcdef"


def line(message: str, error: Exception | None = None) -> str:
    told = None if error is None else (type(error), error, None)
    return Discreet(FORMAT).format(logging.LogRecord("pyshim", logging.ERROR, "", 1, message, (), told))


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("GET /bills?phone=13800002046", "GET /bills?phone=138****2046"),
        ("Expected `int`, got '密码是1234'", "Expected `int`, got '密码是••••'"),
        ("'卡号6222021234567890128'", "'卡号************0128'"),
        ("寄到杭州市西湖区文三路20号", "寄到••••"),
    ],
)
def test_what_an_error_quotes_is_masked(said: str, written: str) -> None:
    assert line(said).endswith(f"ERROR pyshim {written}")
    assert written in line("failed", ValueError(said))


def test_what_helps_stays() -> None:
    told = f"shop: POST /orders/20231105/refund: status 503, key=5f0c00112233 {TURN}"
    assert line(told).endswith(told)
