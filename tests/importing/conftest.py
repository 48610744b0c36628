"""What do the tests of importing stand on? Small sets, written where they are read."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from triton_models.build.corpus import Corpus
from triton_models.importing.faults import BadSet
from triton_models.importing.loading import load

Set = dict[str, set[str]]


def meanings(corpus: Corpus) -> Set:
    """Each intent's sentences."""
    found: Set = {}
    for group in corpus.groups:
        found.setdefault(f"{group.owner}/{group.intent}", set()).update(group.sentences)
    return found


def faults_of(path: Path) -> list[str]:
    with pytest.raises(BadSet) as refused:
        load(path, "acme")
    return refused.value.faults


@pytest.fixture
def given(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape"))
        return path

    return write


def said(*texts: str) -> str:
    """A usersays file as Dialogflow writes it."""
    return json.dumps([{"id": "1", "data": [{"text": text, "userDefined": False}], "count": 0} for text in texts], indent=1)


AGENT = {
    "agent.json": '{"language": "zh-cn"}',
    "intents/refund.json": '{"name": "refund", "fallbackIntent": false}',
    "intents/refund_usersays_zh-cn.json": said("我要退钱", "怎么申请退款"),
}


def zipped(path: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path
