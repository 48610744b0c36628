"""Does README say what was measured, and no other figure?"""

import pytest

from loadtest import readme
from loadtest.readme import BEGIN, END, BadReadme


def test_readme_holds_the_figures_of_the_results() -> None:
    text = readme.README.read_text(encoding="utf-8")
    assert readme.renewed(text, readme.table(readme.read())) == text, "`make figures` writes them anew"


def test_every_figure_has_its_command_and_date() -> None:
    rows = [line for line in readme.table(readme.read()).splitlines() if line.startswith("|")][2:]
    assert len(rows) >= 15
    for row in rows:
        _, what, measured, _, command, date, _ = (cell.strip() for cell in row.split("|"))
        assert what and measured
        assert command.startswith("`make ")
        assert date.startswith("20")


def test_a_goal_that_was_missed_says_so() -> None:
    results = {"edge.json": {
        "machine": {"cpu": "c", "cores": 2, "memory_mb": 2048, "date": "2026-01-01T00:00:00"},
        "gates": [
            {"goal": "hot path / one EVALSHA that writes a turn", "at_least": 0.75, "measured": 0.9, "holds": True},
            {"goal": "metering / limit_req", "at_least": 0.7, "measured": 0.698, "holds": False},
        ],
    }}  # fmt: skip
    hot, metering = readme.table(results).splitlines()[2:4]
    assert "| 0.900 | at least 0.75 |" in hot
    assert "| 0.698 | at least 0.7: **missed** |" in metering


def test_text_around_the_figures_stays_and_a_readme_without_a_place_is_refused() -> None:
    assert readme.renewed(f"a\n{BEGIN}\nold\n{END}\nb\n", "new") == f"a\n{BEGIN}\nnew\n{END}\nb\n"
    for bad in ("", BEGIN, END, f"{END} {BEGIN}"):
        with pytest.raises(BadReadme, match="are wanted, in this order"):
            readme.renewed(bad, "new")
