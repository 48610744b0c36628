"""Does one tenant's customer learn of the others?"""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.http.door import Door, door


def told(opened: Door, query: str = "") -> list[Any]:
    answer = httpx.get(f"http://127.0.0.1:{opened.port}/v1/tenants{query}", trust_env=False)
    assert answer.status_code == 200
    return [one["id"] for one in answer.json()["tenants"]]


@pytest.mark.real
def test_whoever_names_a_tenant_is_told_of_that_one_and_all_are_listed_only_where_the_setting_says_so(tmp_path: Path) -> None:
    with door(tmp_path / "closed") as closed:
        assert told(closed) == []
        assert told(closed, "?tenant=bank") == ["bank"]
        assert told(closed, "?tenant=nobody") == told(closed, "?tenant=") == told(closed, "?tenant=%62ank%00") == []
    with door(tmp_path / "open", TENANTS_LISTED="1") as opened:
        assert told(opened) == ["shop", "telecom", "bank"]
        assert told(opened, "?tenant=bank") == ["bank"]
