"""Is every key read as what it is, and every bad one refused by file, key and what was wanted?"""

import base64
import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from msgspec.structs import replace

from pyshim.errors import BadTenant
from pyshim.identity import jwks, tokens
from pyshim.identity.jwks import Key
from pyshim.settings import ROOT, Settings, read_settings
from pyshim.tenants.compile import compile_all, new_compiler, pack
from pyshim.tenants.edge import edge_part
from pyshim.tenants.source import of_settings, without_private

TENANTS = ROOT / "gateway" / "tenants"
SECRET = base64.urlsafe_b64encode(b"s" * 32).rstrip(b"=").decode()


@cache
def private(alg: str) -> dict[str, Any]:
    """A fresh key as a JWK, with its private part."""
    if alg == "HS256":
        return {"kty": "oct", "k": SECRET}
    if alg == "RS256":
        return dict(jwt.algorithms.RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 2048), as_dict=True))
    if alg == "ES256":
        return dict(jwt.algorithms.ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()), as_dict=True))
    return dict(jwt.algorithms.OKPAlgorithm.to_jwk(ed25519.Ed25519PrivateKey.generate(), as_dict=True))


def public(alg: str) -> dict[str, Any]:
    kept = ("kty", "crv", "n", "e", "x", "y")
    return {name: value for name, value in private(alg).items() if name in kept}


def write(folder: Path, *keys: dict[str, Any], tenant: str = "shop") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = tokens.path_of(folder, tenant)
    path.write_text(json.dumps({"keys": list(keys)}))
    return path


def read(path: Path) -> list[Key]:
    return jwks.parse(path.read_bytes(), str(path))


PUBLIC = ("RS256", "ES256", "EdDSA")


@pytest.mark.parametrize("alg", PUBLIC)
def test_a_public_key_verifies_and_does_not_sign(tmp_path: Path, alg: str) -> None:
    [key] = read(write(tmp_path, public(alg) | {"kid": "k"}))
    assert (key.kid, key.alg, key.signs) == ("k", alg, None)
    signed = jwt.encode({"a": 1}, jwt.PyJWK(private(alg), algorithm=alg).key, algorithm=alg)
    assert jwt.decode(signed, load_der_public_key(key.verifies), algorithms=[alg]) == {"a": 1}  # type: ignore[arg-type]
    with pytest.raises(BadTenant, match=r"shop\.jwks\.json: only public keys"):
        tokens.signing_key(tmp_path, "shop")


@pytest.mark.parametrize("alg", ["HS256", *PUBLIC])
def test_a_key_with_its_private_part_signs_what_its_public_part_verifies(tmp_path: Path, alg: str) -> None:
    write(tmp_path, public("RS256") | {"kid": "theirs"}, private(alg) | {"kid": "ours", "alg": alg})
    key = tokens.signing_key(tmp_path, "shop")
    token = tokens.mint(key, "shop", "u", "sluice", 60, issuer="https://id.example")
    assert jwt.get_unverified_header(token) == {"alg": alg, "kid": "ours", "typ": "JWT"}
    verifies: Any = key.verifies if alg == "HS256" else load_der_public_key(key.verifies)
    claims = jwt.decode(token, verifies, algorithms=[alg], audience="sluice", issuer="https://id.example")
    assert claims["jti"] != jwt.decode(tokens.mint(key, "shop", "u", "sluice", 60), options={"verify_signature": False})["jti"]


def test_a_providers_file_is_taken_as_it_is(tmp_path: Path) -> None:
    more = {"use": "sig", "x5t": "abc", "x5c": ["MIIB"], "key_ops": ["verify"], "exp": 1}
    encrypts = public("RS256") | {"kid": "enc", "use": "enc", "alg": "RSA-OAEP"}
    found = read(write(tmp_path, encrypts, public("ES256") | {"kid": "urn:a~b=", **more}))
    assert [key.kid for key in found] == ["urn:a~b="]


def small_rsa() -> dict[str, Any]:
    return dict(jwt.algorithms.RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 1024).public_key(), as_dict=True))


def other_curve() -> dict[str, Any]:
    return dict(jwt.algorithms.ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP384R1()).public_key(), as_dict=True))


def not_a_pair() -> dict[str, Any]:
    other = jwt.algorithms.OKPAlgorithm.to_jwk(ed25519.Ed25519PrivateKey.generate(), as_dict=True)
    return private("EdDSA") | {"d": other["d"]}


BAD: dict[str, tuple[Any, str]] = {
    "secret too short": (
        lambda: {"kty": "oct", "k": base64.urlsafe_b64encode(b"s" * 31).decode().rstrip("=")},
        "at least 32 bytes",
    ),
    "no secret": (lambda: {"kty": "oct"}, "at least 32 bytes"),
    "secret in other letters": (lambda: {"kty": "oct", "k": "+/" * 30}, "base64url"),
    "RSA of 1024": (small_rsa, "2048 to 8192 bits is wanted, this key has 1024"),
    "P-384": (other_curve, "P-256 is wanted, not 'P-384'"),
    "secp256k1": (lambda: public("ES256") | {"crv": "secp256k1"}, "P-256 is wanted"),
    "no point of the curve": (lambda: public("ES256") | {"y": public("ES256")["x"]}, "key 'k'"),
    "X25519": (lambda: public("EdDSA") | {"crv": "X25519"}, "Ed25519 is wanted"),
    "no pair": (not_a_pair, "Public key does not match private key"),
    "n a number": (lambda: public("RS256") | {"n": 5}, "key 'k'"),
    "x a list": (lambda: public("EdDSA") | {"x": [1]}, "key 'k'"),
    "half an RSA key": (lambda: {"kty": "RSA", "e": "AQAB"}, "key 'k'"),
    "alg none": (lambda: private("HS256") | {"alg": "none"}, "alg HS256 is wanted for kty oct, not 'none'"),
    "HS256 with an RSA key": (lambda: public("RS256") | {"alg": "HS256"}, "alg RS256 is wanted for kty RSA, not 'HS256'"),
    "RS512": (lambda: public("RS256") | {"alg": "RS512"}, "alg RS256 is wanted"),
    "no kty": (dict, "kty oct, RSA, EC, OKP is wanted"),
    "kid a path": (lambda: private("HS256") | {"kid": "../x"}, "a kid of 1 to 128"),
    "kid too long": (lambda: private("HS256") | {"kid": "x" * 129}, "a kid of 1 to 128"),
    "kid a number": (lambda: private("HS256") | {"kid": 7}, "a kid of 1 to 128"),
    "no kid": (lambda: private("HS256") | {"kid": None}, "a kid of 1 to 128"),
}


@pytest.mark.parametrize(("entry", "says"), BAD.values(), ids=BAD)
def test_a_bad_key_is_refused_by_file_and_name(tmp_path: Path, entry: Any, says: str) -> None:
    path = write(tmp_path, private("ES256") | {"kid": "good"}, {"kid": "k", **entry()})
    with pytest.raises(BadTenant) as refused:
        read(path)
    assert str(refused.value).startswith(f"{path}: key ")
    assert says in str(refused.value)


def test_one_kid_names_one_key_of_one_tenant(tmp_path: Path) -> None:
    with pytest.raises(BadTenant, match="two keys with one kid"):
        read(write(tmp_path, private("HS256") | {"kid": "k"}, public("ES256") | {"kid": "k"}))
    shop = read(write(tmp_path, private("HS256") | {"kid": "k"}))
    for entry in (public("RS256") | {"kid": "k"}, private("HS256") | {"kid": "other"}):
        bank = read(write(tmp_path, entry, tenant="bank"))
        where = {name: str(tmp_path / f"{name}.jwks.json") for name in ("shop", "bank")}
        with pytest.raises(BadTenant, match=r"bank\.jwks\.json and .*shop\.jwks\.json: key '(k|other)'"):
            jwks.check_apart({"shop": shop, "bank": bank}, where)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name in ("shop", "bank"):
        shutil.copytree(TENANTS / name, tmp_path / "tenants" / name)
    return read_settings({"SLUICE_TENANTS": str(tmp_path / "tenants"), "SLUICE_VAR": str(tmp_path / "var")})


def parts(settings: Settings) -> list[bytes]:
    return [edge_part(settings, one) for one in compile_all(settings).served.values()]


def edge_keys(settings: Settings) -> dict[str, dict[str, Any]]:
    return {key["kid"]: key for part in parts(settings) for key in json.loads(part)["keys"]}


def test_guests_need_a_key_that_signs_and_others_do_not(settings: Settings) -> None:
    write(settings.keys, public("ES256") | {"kid": "b"}, tenant="bank")
    assert compile_all(settings).served["bank"].keys[0].signs is None
    write(settings.keys, public("RS256") | {"kid": "s"})
    with pytest.raises(BadTenant, match=r"tenant\.yaml:3: guests: true, but .*shop\.jwks\.json has only public keys"):
        compile_all(settings)


def test_nothing_private_leaves_for_the_edge(settings: Settings) -> None:
    for alg in PUBLIC:
        write(settings.keys, private(alg) | {"kid": "s"})
        assert not any(private(alg)["d"].encode() in part for part in parts(settings))
        assert edge_keys(settings)["s"].keys() == {"tenant_id", "kid", "alg", "verifies", "mark"}


def test_of_a_secret_a_fingerprint_leaves(settings: Settings) -> None:
    write(settings.keys, private("HS256") | {"kid": "s"})
    source = next(one for one in of_settings(settings) if one.tenant == "shop")
    shop = compile_all(settings).served["shop"]
    told = (source.keys, pack(shop), *parts(settings))
    assert not any(hidden in text for text in told for hidden in (b"s" * 32, SECRET.encode(), base64.b64encode(b"s" * 32)))
    assert edge_keys(settings)["s"].keys() == {"tenant_id", "kid", "alg", "fingerprint", "mark"}
    assert tokens.signer(shop.keys, settings.keys, "shop") == read(tokens.path_of(settings.keys, "shop"))[0]


def test_a_machine_says_which_secret_it_does_not_have(settings: Settings) -> None:
    path = write(settings.keys, private("HS256") | {"kid": "s"})
    keys = compile_all(settings).served["shop"].keys
    assert tokens.lacking(keys, settings.keys, "shop") == []
    write(settings.keys, private("HS256") | {"kid": "other"})
    assert tokens.lacking(keys, settings.keys, "shop")[0].startswith(f"{path}: key 's' is wanted on this machine, too; ")
    write(settings.keys, private("HS256") | {"kid": "s", "k": SECRET[::-1]})
    assert tokens.lacking(keys, settings.keys, "shop")[0].startswith(f"{path}: key 's' is another one than was applied; ")
    assert tokens.signer(keys, settings.keys, "shop") is None
    path.unlink()
    assert len(tokens.lacking(keys, settings.keys, "shop")) == 1


def test_what_an_older_sluice_stored_serves_on_and_is_stored_without_its_secret(settings: Settings) -> None:
    content = write(settings.keys, private("HS256") | {"kid": "s"}).read_bytes()
    today = next(one for one in of_settings(settings) if one.tenant == "shop")
    stored = replace(today, keys=content, signs=[])
    older = new_compiler(settings).compile([stored]).served["shop"]
    assert base64.b64decode(json.loads(edge_part(settings, older))["keys"][0]["verifies"]) == b"s" * 32
    assert tokens.lacking(older.keys, settings.keys, "shop") == []
    assert without_private(stored) == today


def test_a_keys_mark_changes_with_what_its_tokens_are_judged_by_and_with_nothing_else(settings: Settings, tmp_path: Path) -> None:
    about = settings.tenants / "shop" / "tenant.yaml"
    write(settings.keys, private("HS256") | {"kid": "s"})
    before = edge_keys(settings)
    (bank,) = before.keys() - {"s"}
    about.write_text(about.read_text("utf-8") + "issuer: https://id.example\n", "utf-8")
    issued = edge_keys(settings)
    assert issued["s"]["issuer"] == "https://id.example"
    assert issued["s"]["mark"] != before["s"]["mark"]
    assert issued[bank] == before[bank]
    about.write_text(about.read_text("utf-8").replace("burst: 10", "burst: 11"), "utf-8")
    write(settings.keys, private("HS256") | {"kid": "new", "k": SECRET[::-1]}, private("HS256") | {"kid": "s"})
    rotated = edge_keys(settings)
    assert rotated.keys() == {"s", "new", bank}
    assert (rotated["s"], rotated[bank]) == (issued["s"], issued[bank])
    other = read_settings(
        {**{f"SLUICE_{n}": str(getattr(settings, n.lower())) for n in ("TENANTS", "VAR")}, "SLUICE_TOKEN_AUDIENCE": "x"}
    )
    assert edge_keys(other)[bank]["mark"] != before[bank]["mark"]
