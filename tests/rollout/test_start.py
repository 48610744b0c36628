"""Does a process begin with the version it should, also where Redis cannot be asked?"""

import shutil
from pathlib import Path

import pytest

from pyshim.errors import BadTenant
from pyshim.rollout.start import first_version
from pyshim.settings import Settings, read_settings
from tests.models.broken import without_numbers
from tests.rollout.conftest import repository


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Version 1, a broken 2 and a copy 3; nobody ever served."""
    models = repository(tmp_path / "models")
    for number in (2, 3):
        shutil.copytree(models / "student/1", models / "student" / str(number))
    without_numbers(models / "student/2")
    return read_settings({"SLUICE_MODELS": str(models), "SLUICE_VAR": str(tmp_path / "var")})


def served_last(settings: Settings, version: int) -> None:
    settings.model_versions.mkdir(parents=True)
    (settings.model_versions / "stable").write_text(str(version))


async def test_a_machine_that_never_served_begins_with_the_highest_whole_version(settings: Settings) -> None:
    assert await first_version(settings) == 3
    (settings.models / "student/3/router.bin").unlink()
    assert await first_version(settings) == 1


async def test_one_that_did_begins_with_what_it_served_last(settings: Settings) -> None:
    served_last(settings, 1)
    assert await first_version(settings) == 1


async def test_a_version_that_is_gone_is_not_begun_with(settings: Settings) -> None:
    served_last(settings, 8)
    assert await first_version(settings) == 3


async def test_no_version_at_all_is_said(settings: Settings) -> None:
    shutil.rmtree(settings.models / "student")
    with pytest.raises(BadTenant, match="no version folder; `make models` makes one"):
        await first_version(settings)
