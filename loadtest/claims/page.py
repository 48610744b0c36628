"""What does docs/claims.md say? What loadtest/results/claims.json says, beside what was published."""

from collections.abc import Mapping
from typing import Any

from loadtest.claims.claim import Row

HEAD = """# What is said of such systems, measured here

Written by `make bench-claims` from loadtest/results/claims.json, never by hand. Published figures are those that talks and
articles on chat systems quote, of other machines, models and loads: they say what to look at, not what to reach. Each claim is
measured in one run on the machine named under it.
"""


def _cell(value: str | float | int | None) -> str:
    if isinstance(value, str):
        return value.replace("|", "\\|")
    return "" if value is None else f"{value:,}"


def _table(rows: list[Row]) -> str:
    columns = list(rows[0])
    lines = [" | ".join(columns), " | ".join("---" for _ in columns)]
    lines += [" | ".join(_cell(row.get(column)) for column in columns) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def _claim(one: Mapping[str, Any]) -> str:
    about = one["machine"]
    where = f"{about['cpu']}, {about['cores']} cores, {about['date'][:10]}; `{one['command']}`"
    return (
        f"## {one['question']}\n\nPublished: {one['published']}\n\n{_table(one['rows'])}\n\n{one['said']}\n\n"
        f"How: {one['how']}. On {where}.\n"
    )


def text(result: Mapping[str, Any]) -> str:
    """result: claims.json."""
    return "\n".join([HEAD, *(_claim(one) for one in result["claims"].values())])
