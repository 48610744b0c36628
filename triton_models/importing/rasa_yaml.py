"""How is Rasa's nlu.yml read?

Version 2 or 3: `nlu:` holds a list; an item with `intent` has `examples`, a block of lines with a dash in front, with a space
behind it or without, or a list of texts. Lines of a block that begin with # are comments. Entity annotations are read as their
text (annotations.py). Synonyms, regular expressions and lookup tables are left out with a note, as are other sections. A
retrieval intent (faq/x) is an intent of its own: it has its own answer. Names: names.py.

The file is composed, never constructed: nothing in it can make an object. Anchors and aliases are refused.
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from triton_models.importing.annotations import Annotations
from triton_models.importing.faults import Faults
from triton_models.importing.names import Names
from triton_models.importing.rows import Row, shown
from triton_models.importing.sources import decoded

DEPTH = 20
LEFT_OUT = ("synonym", "regex", "lookup")
EXAMPLES = "a block of lines with a dash in front, under `examples: |`"


class Careful(yaml.SafeLoader):
    """Refuses what makes a small file large: anchors, aliases and deep nesting."""

    depth = 0

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.MarkedYAMLError(problem="an anchor or alias", problem_mark=event.start_mark)
        if self.depth >= DEPTH:
            raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=event.start_mark)
        self.depth += 1
        node: Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node


def rows(raw: bytes, place: str, faults: Faults, names: Names) -> list[Row]:
    text = decoded(raw, place, faults)
    if text is None:
        return []
    try:
        root = yaml.compose(text, Careful)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        faults.add(f"{place}:{line}", f"YAML: {error.problem}", "a Rasa nlu.yml without anchors and aliases")
        return []
    except yaml.reader.ReaderError as error:
        faults.add(f"{place}:{text[: error.position].count(chr(10)) + 1}", f"YAML: {error.reason}", "printable characters")
        return []
    said = Annotations()
    found = list(_of_file(root, place, faults, names, said))
    said.note(place, faults)
    return found


def _of_file(root: Node | None, place: str, faults: Faults, names: Names, said: Annotations) -> Iterator[Row]:
    sections = _members(root, place, faults)
    if sections is None or "nlu" not in sections:
        faults.add(f"{place}:1", "no `nlu:`", "a Rasa nlu.yml of version 2 or 3")
        return
    version = sections.pop("version", None)
    if version is not None and not (isinstance(version, ScalarNode) and version.value[:1] in ("2", "3")):
        faults.add(_at(place, version), "another version", 'version: "2.0" to "3.1"')
    items = sections.pop("nlu")
    for name, node in sections.items():
        faults.note(_at(place, node), f"section {name} is left out")
    if isinstance(items, ScalarNode) and not items.value:
        faults.note(_at(place, items), "nothing stands under `nlu:`")
        return
    if isinstance(items, MappingNode) and "url" in (_members(items, place, faults) or {}):
        faults.note(_at(place, items), "`nlu:` is where a server of Rasa's is: no sentences")
        return
    if not isinstance(items, SequenceNode):
        faults.add(_at(place, items), "`nlu:` is no list", "- intent: ...")
        return
    for item in items.value:
        yield from _of_item(item, place, faults, names, said)


def _of_item(item: Node, place: str, faults: Faults, names: Names, said: Annotations) -> Iterator[Row]:
    members = _members(item, place, faults) or {}
    kind = next((name for name in LEFT_OUT if name in members), None)
    intent, examples = members.get("intent"), members.get("examples")
    if kind:
        name = members[kind].value if isinstance(members[kind], ScalarNode) else ""
        faults.note(_at(place, item), f"{kind} {shown(name)} is left out")
    elif not isinstance(intent, ScalarNode):
        faults.add(_at(place, item), "no intent's name", "- intent: name")
    elif name := names.of(intent.value, _at(place, intent)):
        if isinstance(examples, ScalarNode) and examples.style == "|":
            found = list(_of_block(examples, place, faults))
        elif isinstance(examples, SequenceNode):
            found = list(_of_list(examples, place, faults))
        else:
            faults.add(_at(place, examples or item), f"no examples of {shown(intent.value)}", EXAMPLES)
            return
        if not found:
            faults.note(_at(place, item), f"nobody says anything for {shown(intent.value)}: left out")
        for text, where in found:
            yield Row(said.plain(text), name, where)


def _of_block(block: ScalarNode, place: str, faults: Faults) -> Iterator[tuple[str, str]]:
    """Each text and where it stands."""
    for number, line in enumerate(block.value.split("\n"), start=block.start_mark.line + 2):
        text = line.strip()
        if text.startswith("-"):
            yield text[1:].strip(), f"{place}:{number}"
        elif text and not text.startswith("#"):
            faults.add(f"{place}:{number}", f"{shown(text)} has no dash", EXAMPLES)


def _of_list(items: SequenceNode, place: str, faults: Faults) -> Iterator[tuple[str, str]]:
    for item in items.value:
        text = (_members(item, place, faults) or {}).get("text", item)
        if isinstance(text, ScalarNode):
            yield text.value.strip().removeprefix("- "), _at(place, text)
        else:
            faults.add(_at(place, item), "an example without text", "- text: ...")


def _members(node: Node | None, place: str, faults: Faults) -> dict[str, Node] | None:
    if not isinstance(node, MappingNode):
        return None
    members: dict[str, Node] = {}
    for name, value in node.value:
        if isinstance(name, ScalarNode) and members.setdefault(name.value, value) is not value:
            faults.add(_at(place, name), f"{shown(name.value)} for the second time", "each key once")
    return members


def _at(place: str, node: Node) -> str:
    return f"{place}:{node.start_mark.line + 1}"
