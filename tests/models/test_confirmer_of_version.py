"""Is a version with a broken confirmer refused?"""

from __future__ import annotations

import shutil

import pytest

from pyshim.settings import ROOT
from pyshim.understanding.folder import IncompleteVersion, check

SHIPPED = ROOT / "triton_models/repository/student/1"


def test_the_shipped_confirmer_is_whole_and_a_broken_one_is_named(tmp_path):
    copy = tmp_path / "1"
    shutil.copytree(SHIPPED, copy)
    check(copy)
    (copy / "sensitive.json").write_text('{"key": "the record of a step"}', encoding="utf-8")
    with pytest.raises(IncompleteVersion, match=r"sensitive\.json: Object missing required field"):
        check(copy)
