"""Are keys made once, kept safe, and good for tokens?"""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jwt
import pytest

from pyshim.errors import BadTenant
from pyshim.identity import tokens


def test_a_missing_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: tokens.keys(tmp_path / "keys", "shop")[0].kid, range(8)))
    assert len(set(found)) == 1
    assert stat.S_IMODE((tmp_path / "keys" / "shop.jwks.json").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["shop.jwks.json"]


def test_a_token_says_who_for_whom_and_until_when(tmp_path: Path) -> None:
    key = tokens.keys(tmp_path, "shop")[0]
    token = tokens.mint(key, "shop", "u1", "sluice", 60, seq=7)
    claims = jwt.decode(token, key.verifies, algorithms=["HS256"], audience="sluice")
    assert {name: claims[name] for name in ("tenant_id", "user_id", "seq")} == {"tenant_id": "shop", "user_id": "u1", "seq": 7}
    assert claims["exp"] - claims["iat"] == 60
    assert jwt.get_unverified_header(token)["kid"] == key.kid


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"keys":[]}', '{"keys":[1]}', '{"keys":[{"kid":"a","k":"c2hvcnQ"}]}', '{"keys":[{"use":"enc"}]}'],
)
def test_a_key_file_that_cannot_be_trusted_is_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "shop.jwks.json"
    path.write_text(content)
    with pytest.raises(BadTenant, match=r"shop\.jwks\.json"):
        tokens.keys(tmp_path, "shop")
