"""What is every page made of? One file that needs nothing else: style, script and figures are in it.

The page may run the one script whose hash it names, and load nothing: markup that got in by some way unforeseen stays dead.
"""

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

from loadtest.report.markup import Html, Node, join, tag
from loadtest.report.section import Section

HERE = Path(__file__).parent


def _policy(script: str) -> str:
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def page(title: str, head: Node, sections: Sequence[Section], foot: Node = None) -> str:
    """sections without a body become one list at the end."""
    style, script = ((HERE / name).read_text(encoding="utf-8") for name in ("page.css", "cursor.js"))
    shown = [tag("section", tag("h2", one.title), one.body, id=one.name) for one in sections if one.body is not None]
    absent = [tag("li", one.absent) for one in sections if one.body is None and one.absent]
    missing = tag("section", tag("h2", "Not on this page"), tag("ul", absent, class_="absent"), id="absent") if absent else None
    top = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(script)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", Html(style)),
    )
    body = tag(
        "body",
        tag("main", tag("header", head), shown, missing),
        tag("footer", foot) if foot else None,
        tag("script", Html(script)),
    )
    return join(Html("<!doctype html>\n"), tag("html", top, body, lang="en")) + "\n"


def put(path: Path, text: str) -> Path:
    """Whole or not at all."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(text, encoding="utf-8")
        return part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
