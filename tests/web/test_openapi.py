"""Is the description of the interface sound, and do its examples fit it?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from openapi_spec_validator import validate
from referencing import Registry
from referencing.jsonschema import DRAFT202012

ROOT = Path(__file__).resolve().parents[2]
HERE = "urn:sluice"


def load(base: str = "") -> dict[str, Any]:
    """The description; with a base, its references name it, so that a part of it can be used alone."""
    text = (ROOT / "gateway/web/openapi.json").read_text()
    described: dict[str, Any] = json.loads(text.replace('"$ref": "#', f'"$ref": "{base}#'))
    return described


def examples(node: Any, where: str = "") -> Iterator[tuple[str, dict[str, Any], Any]]:
    if isinstance(node, dict):
        if "schema" in node and "example" in node:
            yield where, node["schema"], node["example"]
        if "schema" in node and "examples" in node:
            for name, example in node["examples"].items():
                yield f"{where}/{name}", node["schema"], example["value"]
        for key, value in node.items():
            yield from examples(value, f"{where}/{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from examples(value, f"{where}/{number}")


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in load()["paths"].items():
        for method in ("get", "post", "delete"):
            if method in item:
                yield f"{method} {path}", item[method]


def test_the_description_is_valid_openapi() -> None:
    validate(load())


def test_every_example_fits_its_schema() -> None:
    described = load(HERE)
    registry: Registry[Any] = Registry().with_resource(HERE, DRAFT202012.create_resource(described))
    found = list(examples(described))
    assert found
    for where, schema, example in found:
        errors = [error.message for error in Draft202012Validator(schema, registry=registry).iter_errors(example)]
        assert not errors, where


@pytest.mark.parametrize(("name", "operation"), list(operations()))
def test_every_operation_can_be_found_and_says_what_may_go_wrong(name: str, operation: dict[str, Any]) -> None:
    assert operation["operationId"] and operation["summary"] and operation["tags"]
    if operation.get("security") != []:
        assert {"401", "403", "429", "503"} <= operation["responses"].keys(), name


def test_only_the_operations_port_has_other_servers() -> None:
    elsewhere = {path for path, item in load()["paths"].items() if "servers" in item}
    assert elsewhere == {"/healthz", "/readyz", "/metrics"}
