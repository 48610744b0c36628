"""Is a long pattern, kept for the next process, the pattern that was compiled?"""

import re
import sys
from pathlib import Path

import pytest

from pyshim.dialogue.consent import PLAINLY, SENTENCE
from pyshim.dialogue.consent_unordered import NEUTRAL
from pyshim.language import kept
from pyshim.language.secrets.named import NAME

GROUPS = "(?P<first>退|取消)+(?i:OK)?(?:(?P=first)|([a-z中-国]))"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the pattern "groups" is kept."""
    monkeypatch.setattr(kept, "__file__", str(tmp_path / "kept.py"))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / "__pycache__").mkdir()
    return tmp_path / "__pycache__" / f"kept.{sys.implementation.cache_tag}.groups"


def same(found: re.Pattern[str], text: str) -> bool:
    """Patterns are equal where their code is; how groups are called is no part of that."""
    compiled = re.compile(text)
    return found == compiled and found.groupindex == compiled.groupindex and found.groups == compiled.groups


@pytest.mark.parametrize("pattern", [SENTENCE, PLAINLY, NEUTRAL, NAME])
def test_ours_are_what_python_compiles(pattern: re.Pattern[str]) -> None:
    assert same(pattern, pattern.pattern)


def test_the_second_process_reads_what_the_first_compiled(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert same(kept.pattern("groups", GROUPS), GROUPS)
    monkeypatch.setattr(kept, "_parts", None)
    again = kept.pattern("groups", GROUPS)
    assert same(again, GROUPS)
    found = again.fullmatch("取消OK取消")
    assert found is not None
    assert (found["first"], found.lastgroup, found[2]) == ("取消", "first", None)


def test_a_pattern_that_was_changed_is_compiled(file: Path) -> None:
    kept.pattern("groups", GROUPS)
    assert same(kept.pattern("groups", "退款"), "退款")
    assert same(kept.pattern("groups", GROUPS), GROUPS)


@pytest.mark.parametrize("broken", [b"", b"\xff", b"(\x00", "half"])
def test_of_a_broken_file_nothing_is_taken(file: Path, broken: bytes | str) -> None:
    kept.pattern("groups", GROUPS)
    whole = file.read_bytes()
    file.write_bytes(broken if isinstance(broken, bytes) else whole[: len(whole) // 2])
    assert same(kept.pattern("groups", GROUPS), GROUPS)
    assert file.read_bytes() == whole


def test_where_nothing_can_be_kept_it_is_compiled(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert same(kept.pattern("groups", GROUPS), GROUPS)
    assert not file.exists()
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    file.parent.rmdir()
    assert same(kept.pattern("groups", GROUPS), GROUPS)
