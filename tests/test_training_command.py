"""Does fine-tuning without a version go on from the one that serves?"""

from __future__ import annotations

import pytest

from pyshim.commands.models import training


@pytest.mark.parametrize(
    ("typed", "passed_on"),
    [
        (["--data", "x.tsv"], ["--data", "x.tsv"]),
        (["--fine-tune", "1", "--data", "x.tsv"], ["--fine-tune", "1", "--data", "x.tsv"]),
        (["--fine-tune", "--data", "x.tsv"], ["--fine-tune", "student/4", "--data", "x.tsv"]),
        (["--data", "x.tsv", "--fine-tune"], ["--data", "x.tsv", "--fine-tune", "student/4"]),
    ],
)
def test_the_serving_version_is_named_where_none_is(monkeypatch, typed, passed_on):
    monkeypatch.setattr(training, "_serving", lambda: ["student/4"])
    assert training.goes_on(typed) == passed_on
