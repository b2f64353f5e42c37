"""Parses YAML into a tree of plain values with line numbers, within limits."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml

from synth.errors import SynthError
from synth.whole_number import parse_whole

MAX_BYTES: Final = 1 << 20
MAX_DEPTH: Final = 32
MAX_NODES: Final = 50_000  # counted after aliases are expanded: a bomb of aliases ends here

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a YAML file and where it stands.

    Attributes
    ----------
    value
        A scalar, or a dict or list of nodes. The keys of a dict are text or integers.
    file, line
        Name of the file and the line, from 1.
    size
        Number of nodes in the tree from here on.
    """

    value: "Scalar | dict[str | int, Node] | list[Node]"
    file: str
    line: int
    size: int = 1

    def plain(self) -> Any:
        """Return the tree as plain dicts, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def nearest(self, path: tuple[str | int, ...]) -> "Node":
        """Return the node at `path`, or the innermost one on the way to it."""
        if not path:
            return self
        child: Node | None = None
        if isinstance(self.value, dict):
            child = self.value.get(path[0])
            number = parse_whole(path[0]) if isinstance(path[0], str) else None
            if child is None and number is not None:
                child = self.value.get(number)
        elif isinstance(self.value, list) and isinstance(path[0], int):
            child = self.value[path[0]] if path[0] < len(self.value) else None
        return self if child is None else child.nearest(path[1:])


def parse_yaml(data: bytes, file: str) -> Node:
    """Read one YAML document of strings, numbers, booleans, nulls, lists and mappings.

    Numbers and booleans are those of YAML 1.2 (`yes`, `on` and `1:30` are text). Merge keys (`<<`)
    and aliases work within the limits of this module; tags do not.

    Raises
    ------
    SynthError
        If the text is not UTF-8, not YAML, too large, too deep, or names a key twice.

    Examples
    --------
    >>> parse_yaml(b"duty: 2", "lead.yaml").plain()
    {'duty': 2}
    """
    if len(data) > MAX_BYTES:
        raise SynthError(f"{file}: {len(data)} bytes is too long; at most {MAX_BYTES} are read")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SynthError(f"{file}:{line}: not UTF-8 text; save it as UTF-8") from None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Builder(file, yaml.parse(text, Loader=loader)).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        _check_brackets(text[: mark.index] if mark else text, file)
        where = f"{file}:{mark.line + 1}" if mark else file
        reason = " ".join(str(error.problem or error.context or "not YAML").split())
        raise SynthError(f"{where}: not YAML ({reason}); {_QUOTE_HINT}") from None
    except yaml.YAMLError as error:
        raise SynthError(f"{file}: not YAML ({' '.join(str(error).split())})") from None


def _check_brackets(text: str, file: str) -> None:
    """Report that refused text is nested too deeply, if it is: the parser has limits of its own.

    Brackets within quotes and comments count here too, which changes no more than the reason.
    """
    depth = 0
    for bracket in re.finditer(r"[\[{\]}]", text):
        depth = depth + 1 if bracket.group() in "[{" else max(depth - 1, 0)
        if depth > MAX_DEPTH:
            line = text.count("\n", 0, bracket.start()) + 1
            raise SynthError(_TOO_DEEP.format(where=f"{file}:{line}"))


def merge_trees(base: Node, top: Node) -> Node:
    """Lay `top` over `base`: mappings are merged key by key, everything else is replaced.

    A null in `top` takes the key away, so that the format's own default holds again.
    """
    if not (isinstance(base.value, dict) and isinstance(top.value, dict)):
        return top
    merged = dict(base.value)
    for key, node in top.value.items():
        if node.value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_trees(merged[key], node) if key in merged else node
    return Node(merged, top.file, top.line, 1 + sum(node.size for node in merged.values()))


_TOO_DEEP: Final = f"{{where}}: nested deeper than {MAX_DEPTH} levels"
_QUOTE_HINT: Final = "a text that begins with [ or | needs quotes"
_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,18}", re.ASCII)
_FLOAT: Final = re.compile(
    r"[-+]?(?:\.[0-9]{1,40}|[0-9]{1,40}(?:\.[0-9]{0,40})?)(?:[eE][-+]?[0-9]{1,3})?", re.ASCII
)
_WORDS: Final[dict[str, Scalar]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


class _Builder:
    """Turns parser events into nodes, one document deep and within the limits."""

    def __init__(self, file: str, events: Iterator[Any]) -> None:
        self._file = file
        self._events = events
        self._anchors: dict[str, Node] = {}
        self._count = 0

    def document(self) -> Node:
        root: Node | None = None
        event: Any
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    line = _line(event)
                    raise SynthError(f"{self._file}:{line}: only one YAML document is read")
                root = self._node(next(self._events), 0)
        return root or Node(None, self._file, 1)

    def _node(self, event: Any, depth: int) -> Node:
        line = _line(event)
        where = f"{self._file}:{line}"
        if depth > MAX_DEPTH:
            raise SynthError(_TOO_DEEP.format(where=where))
        if isinstance(event, yaml.AliasEvent):
            node = self._anchors.get(str(event.anchor))
            if node is None:
                raise SynthError(f"{where}: alias *{event.anchor} has no anchor before it")
            self._spend(node.size, where)
            return node
        self._spend(1, where)
        if event.tag is not None and event.tag != "!":
            raise SynthError(f"{where}: tags such as {event.tag[:60]} are not used here")
        if isinstance(event, yaml.ScalarEvent):
            node = Node(self._scalar(event), self._file, line)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self._list(line, depth)
        else:
            node = self._mapping(line, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _list(self, line: int, depth: int) -> Node:
        items: list[Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return Node(items, self._file, line, 1 + sum(item.size for item in items))

    def _mapping(self, line: int, depth: int) -> Node:
        own: dict[str | int, Node] = {}
        merged: dict[str | int, Node] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            where = f"{self._file}:{key.line}"
            if key.value == "<<" and not getattr(event, "style", None):
                for source in value.value if isinstance(value.value, list) else [value]:
                    if not isinstance(source.value, dict):
                        raise SynthError(f"{where}: << merges mappings only")
                    merged = {**source.value, **merged}
            elif isinstance(key.value, bool) or not isinstance(key.value, str | int):
                raise SynthError(f"{where}: a key is a name or a number")
            elif key.value in own:
                raise SynthError(f"{where}: {str(key.value)[:40]!r} is given twice")
            else:
                own[key.value] = Node(value.value, value.file, key.line, value.size)
        mapping = {**merged, **own}
        return Node(mapping, self._file, line, 1 + sum(node.size for node in mapping.values()))

    def _scalar(self, event: Any) -> Scalar:
        text = str(event.value)
        if event.style:  # quoted or a block: always text
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
        return text

    def _spend(self, nodes: int, where: str) -> None:
        self._count += nodes
        if self._count > MAX_NODES:
            raise SynthError(f"{where}: more than {MAX_NODES} values, counting repeated aliases")
