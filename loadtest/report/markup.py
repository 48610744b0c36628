"""How does text from a record become part of a page, and never markup?

Text is a str, markup is Html; tag() escapes every str it is given. Only what this package wrote itself may be called Html.
"""

import json
from collections.abc import Iterable
from html import escape
from typing import Any

VOID = frozenset({"meta", "br", "input"})
# What is no character of a page, or would turn the direction of the text around it.
HIDDEN = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127, *range(0x202A, 0x202F), *range(0x2066, 0x206A)], "\ufffd")
LONGEST = 2000  # characters of one text


class Html(str):
    """Markup that is safe as it stands."""

    __slots__ = ()


Node = Html | str | Iterable["Node"] | None


def _text(text: str) -> str:
    if isinstance(text, Html):
        return str(text)
    shown = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    # a lone surrogate, which JSON can hold and no file can
    clean = shown.translate(HIDDEN).encode("utf-8", "replace").decode("utf-8")
    return escape(clean, quote=True)


def join(*nodes: Node) -> Html:
    """Nodes one after the other; None is nothing."""
    parts = []
    for node in nodes:
        if isinstance(node, str):
            parts.append(_text(node))
        elif node is not None:
            parts.append(join(*node))
    return Html("".join(parts))


def tag(name: str, /, *nodes: Node, **attributes: str | float | bool | None) -> Html:
    """class_="plot", data_line=3: an underscore at the end is dropped, one within is a hyphen; None and False: no attribute."""
    written = []
    for key, value in attributes.items():
        if value is not None and value is not False:
            shown = key.rstrip("_").replace("_", "-")
            text = _text(value if isinstance(value, str) else str(value))
            written.append(f" {shown}" if value is True else f' {shown}="{text}"')
    opened = f"<{name}{''.join(written)}>"
    return Html(opened) if name in VOID else Html(f"{opened}{join(*nodes)}</{name}>")


def data(name: str, value: Any) -> Html:
    """JSON for the page's own script, which finds it by its id. No text in it can end the element."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for mark in "<>&":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return Html(f'<script type="application/json" id="{name}">{text}</script>')
