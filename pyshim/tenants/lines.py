"""On which line of a tenant's file is the fault?

convert() reads YAML strictly: an unknown key, a missing one, a wrong type, a key said twice or nesting beyond all need is a fault
that names file, line and what was wanted. line() finds in read()'s tree what a check wants to point at. libyaml parses: it takes
an eighth of the time, in a command that shares the cores with what serves.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import msgspec
import yaml

from pyshim.errors import BadTenant

T = TypeVar("T")
Step = str | int
STEP = re.compile(r"\.(\w+)|\[(\d+)\]|\[\.\.\.\]")
DEEPEST = 40  # libyaml's composer recurses in C: what is nested deeper by far would end the process
MOST = 1_000_000  # values, aliases followed: nine lines of aliases can stand for a billion
COUNTING = 0, 0
AT = re.compile(r" - at `(?:key` in `)?(\$[^`]*)`$")


def convert(where: str, text: str, kind: type[T]) -> T:
    """The text as that type. Raises BadTenant."""
    try:
        node, value = read(text)
        twice = _said_twice(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadTenant(f"{where}:{mark.line + 1 if mark else 1}: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise BadTenant(f"{where}: {error}") from None
    if twice:
        raise BadTenant(f"{where}:{twice[1]}: {twice[0]!r} is said twice")
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        path = _path(value, str(error), kind)
        raise BadTenant(f"{where}:{line(node, path)}: {_named(str(error), path)}") from None


def line(node: yaml.Node | None, path: Sequence[Step]) -> int:
    """Line of what stands at this path in a tree, or of the nearest thing above it that is there; the first is 1."""
    found = 1
    for step in path:
        if isinstance(node, yaml.MappingNode):
            inside = next(((key, value) for key, value in node.value if key.value == str(step)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            inside = (node.value[step], node.value[step])
        else:
            inside = None
        if inside is None:
            return found
        found, node = inside[0].start_mark.line + 1, inside[1]
    return found


def read(text: str) -> tuple[yaml.Node | None, Any]:
    """The tree and the value of a YAML text. Raises yaml.YAMLError, where convert() has not taken it."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise _fault(f"nested deeper than {DEEPEST}", event)
    loader = yaml.CSafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is not None:
            _size(node, {})
        return node, None if node is None else loader.construct_document(node)
    except ValueError:  # of a date or a number; a MarkedYAMLError is none
        raise next(_unreadable(node)) from None
    finally:
        loader.dispose()


def _unreadable(node: yaml.Node | None) -> Iterator[yaml.MarkedYAMLError]:
    """The values that look like a date or a number, and are none."""
    if isinstance(node, yaml.ScalarNode):
        try:
            yaml.CSafeLoader("").construct_document(node)
        except ValueError as error:
            yield _fault(f"{node.value!r} is none: {error}", node)
    elif node is not None:
        for one in node.value:
            for inside in one if isinstance(one, tuple) else (one,):
                yield from _unreadable(inside)


def _size(node: yaml.Node, known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """How many values a node stands for, and how deep they are nested, its aliases followed. known: of those that were counted,
    COUNTING while they are. Raises yaml.MarkedYAMLError."""
    if id(node) in known:
        if known[id(node)] == COUNTING:
            raise _fault("this contains itself", node)
        return known[id(node)]
    known[id(node)] = COUNTING
    inside = [] if isinstance(node, yaml.ScalarNode) else node.value
    below = (one for pair in inside for one in pair) if isinstance(node, yaml.MappingNode) else inside
    count, depth = 1, 0
    for one in below:
        values, deep = _size(one, known)
        count, depth = count + values, max(depth, deep)
    if count > MOST:
        raise _fault(f"more than {MOST:,} values once its aliases are followed", node)
    if depth >= DEEPEST:
        raise _fault(f"nested deeper than {DEEPEST} once its aliases are followed", node)
    known[id(node)] = count, depth + 1
    return count, depth + 1


def _fault(problem: str, at: yaml.Node | yaml.Event) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=at.start_mark)  # type: ignore[arg-type]  # either kind of mark


def _said_twice(node: yaml.Node | None) -> tuple[str, int] | None:
    """A key that a mapping has twice, and the line of the second: YAML would silently take that one."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                return key.value, key.start_mark.line + 1
            seen.add(key.value)
            if below := _said_twice(value):
                return below
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            if below := _said_twice(value):
                return below
    return None


def _path(value: Any, message: str, kind: type[Any]) -> list[Step]:
    """Where msgspec's fault is. It writes [...] for any key of a mapping: the one is it with which alone the fault stays."""
    at = AT.search(message)
    path: list[Step] = []
    for name, number, *_ in STEP.findall(at[1]) if at else []:
        here = _get(value, path)
        if name or number:
            path.append(name or int(number))
            continue
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        path.append(next((key for key in keys if _complains(_only(value, path, key), kind, message)), keys[0]))
    unknown = re.match(r"Object contains unknown field `([^`]+)`", message)
    return [*path, unknown[1]] if unknown else path


def _named(message: str, path: list[Step]) -> str:
    """The message with the keys that msgspec left out."""
    at = AT.search(message)
    if at is None:
        return message
    steps = STEP.findall(at[1])
    text = "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path[: len(steps)])
    return message.replace(at[1], text)


def _get(value: Any, path: list[Step]) -> Any:
    for step in path:
        value = value[step]
    return value


def _only(value: Any, path: list[Step], key: Step) -> Any:
    """The value, of whose mapping or list at this path one element is left."""
    if path:
        step, rest = path[0], path[1:]
        if isinstance(value, dict):
            return {**value, step: _only(value[step], rest, key)}
        return [_only(one, rest, key) if number == step else one for number, one in enumerate(value)]
    return {key: value[key]} if isinstance(value, dict) else [value[key]]


def _complains(value: Any, kind: type[Any], message: str) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        return STEP.sub("", str(error)) == STEP.sub("", message)
    return False
