"""Assembles the players' 6502 source.

One statement a line; ``;`` begins a comment. ``name:`` labels a place, ``name = value`` names a
number. Directives: ``.org address`` (once, before any code), ``.byte`` and ``.word`` with values or
``"text"`` between commas, ``.if value`` / ``.else`` / ``.endif``. Numbers are ``10``, ``$0A``,
``%1010`` or ``'A'``; values add, subtract and multiply, ``<`` and ``>`` take the low and high byte.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from synth.errors import SynthError
from synth.formats.opcodes import OFFICIAL
from synth.whole_number import parse_whole

_LABEL: Final = re.compile(r"([A-Za-z_]\w*):")
_EQUATE: Final = re.compile(r"([A-Za-z_]\w*)\s*=\s*(.+)")
_TOKEN: Final = re.compile(r"\s*(\$[0-9A-Fa-f]+|%[01]+|\d+|'.'|[A-Za-z_]\w*|[-+*<>()])")
_COMMENT: Final = re.compile(r"""("[^"]*"|'.')|;.*""")
_PIECE: Final = re.compile(r'"[^"]*"|[^",][^,]*')

# How each addressing mode is written; `~` stands for a value that may fit the zero page or not.
_FORMS: Final = (
    (re.compile(r"#(.+)"), ("imm",)),
    (re.compile(r"\((.+),\s*[Xx]\)"), ("izx",)),
    (re.compile(r"\((.+)\),\s*[Yy]"), ("izy",)),
    (re.compile(r"\((.+)\)"), ("ind",)),
    (re.compile(r"(.+),\s*[Xx]"), ("zpx", "abx")),
    (re.compile(r"(.+),\s*[Yy]"), ("zpy", "aby")),
    (re.compile(r"(.+)"), ("rel", "zp", "abs")),
)


@dataclass(frozen=True, slots=True)
class Assembled:
    """The result of assembling a source text.

    Attributes
    ----------
    origin
        Address of the first byte.
    code
        The bytes.
    symbols
        Value of every label and name.
    lines
        Address, bytes and source line of each statement that made bytes.
    """

    origin: int
    code: bytes
    symbols: Mapping[str, int]
    lines: tuple[tuple[int, bytes, str], ...]


def assemble(source: str, symbols: Mapping[str, int] | None = None) -> Assembled:
    r"""Assemble a source text.

    Parameters
    ----------
    source
        See the module's description.
    symbols
        Predefined names.

    Raises
    ------
    SynthError
        If a line cannot be understood, names something unknown or makes a value that does not fit.

    Examples
    --------
    >>> assemble(".org $8000\nloop: LDA #<loop+1\n BNE loop").code.hex(" ")
    'a9 01 d0 fc'
    """
    first = _Pass(dict(symbols or {}), final=False)
    first.run(source)
    second = _Pass(first.symbols, final=True, zero_page=first.zero_page)
    second.run(source)
    if second.origin is None:
        raise SynthError("the assembler source has no .org; say where it goes")
    code = b"".join(made for _, made, _ in second.lines)
    return Assembled(second.origin, code, second.symbols, tuple(second.lines))


@dataclass(slots=True)
class _Pass:
    """One reading of the source: the first finds where labels are, the second makes the bytes."""

    symbols: dict[str, int]
    final: bool
    zero_page: dict[int, bool] = field(default_factory=dict)
    origin: int | None = None
    address: int = 0
    lines: list[tuple[int, bytes, str]] = field(default_factory=list)
    conditions: list[bool] = field(default_factory=list)

    def run(self, source: str) -> None:
        for number, raw in enumerate(source.splitlines(), start=1):
            try:
                self._line(number, _COMMENT.sub(lambda m: m.group(1) or "", raw).strip())
            except SynthError as error:
                raise SynthError(f"assembler line {number}, {raw.strip()!r}: {error}") from None
        if self.conditions:
            raise SynthError("the assembler source has an .if without .endif")

    def _line(self, number: int, text: str) -> None:
        word = text.split(None, 1)[0].lower() if text else ""
        rest = text[len(word) :].strip()
        if word == ".if":
            self.conditions.append(bool(self._value(rest)))
        elif word in (".else", ".endif"):
            if not self.conditions:
                raise SynthError(f"{word} without .if")
            was = self.conditions.pop()
            if word == ".else":
                self.conditions.append(not was)
        elif all(self.conditions):
            self._statement(number, text)

    def _statement(self, number: int, text: str) -> None:
        while label := _LABEL.match(text):
            self._define(label[1], self.address)
            text = text[label.end() :].strip()
        if not text:
            return
        if equate := _EQUATE.fullmatch(text):
            self.symbols[equate[1]] = self._value(equate[2])
            return
        word, _, rest = text.partition(" ")
        rest = rest.strip()
        if word == ".org":
            if self.origin is not None:
                raise SynthError("a second .org")
            self.origin = self.address = self._value(rest)
        elif word in (".byte", ".word"):
            self._emit(self._data(rest, 1 if word == ".byte" else 2), text)
        else:
            self._emit(self._instruction(number, word.upper(), rest), text)

    def _define(self, name: str, value: int) -> None:
        if not self.final and name in self.symbols:
            raise SynthError(f"{name} is defined twice")
        if self.final and self.symbols[name] != value:
            raise SynthError(f"{name} moved between passes")
        self.symbols[name] = value

    def _emit(self, made: bytes, text: str) -> None:
        self.lines.append((self.address, made, text))
        self.address += len(made)

    def _data(self, text: str, width: int) -> bytes:
        made = bytearray()
        for piece in _PIECE.findall(text):
            if piece.startswith('"'):
                made += piece[1:-1].encode("ascii")
            else:
                made += self._fit(self._value(piece), width)
        return bytes(made)

    def _instruction(self, number: int, name: str, operand: str) -> bytes:
        modes = OFFICIAL.get(name)
        if modes is None:
            raise SynthError(f"there is no instruction {name}")
        if not operand or operand.upper() == "A":
            mode = "acc" if "acc" in modes else "imp"
            return bytes([_opcode(modes, mode, name)])
        for form, candidates in _FORMS:
            match = form.fullmatch(operand)
            if match and any(mode in modes for mode in candidates):
                return self._encode(number, modes, candidates, match[1])
        raise SynthError(f"{name} cannot take {operand}")

    def _encode(
        self, number: int, modes: dict[str, int], candidates: tuple[str, ...], text: str
    ) -> bytes:
        value = self._value(text)
        possible = [mode for mode in candidates if mode in modes]
        mode = possible[0]
        if len(possible) > 1:
            # Decided once: a name that is not known yet gets the long form.
            short = self.zero_page.setdefault(number, 0 <= value < 256 and self._known(text))
            mode = possible[0] if short else possible[1]
        if mode == "rel":
            distance = value - self.address - 2
            if self.final and not -128 <= distance <= 127:
                raise SynthError(f"the branch is {distance} bytes long, more than -128 to 127")
            return bytes([modes[mode], distance & 0xFF])
        width = 2 if mode in ("abs", "abx", "aby", "ind") else 1
        return bytes([modes[mode]]) + self._fit(value, width)

    def _fit(self, value: int, width: int) -> bytes:
        if self.final and not -128 <= value < 1 << 8 * width:
            raise SynthError(f"{value} does not fit in {width} bytes")
        return (value & (1 << 8 * width) - 1).to_bytes(width, "little")

    def _known(self, text: str) -> bool:
        return all(name in self.symbols for name in re.findall(r"(?<![$\w])[A-Za-z_]\w*", text))

    def _value(self, text: str) -> int:
        tokens = _TOKEN.findall(text)
        if "".join(tokens) != "".join(text.split()) and "' '" not in text:
            raise SynthError(f"cannot read the value {text!r}")
        tokens.append("")
        at = 0

        def take() -> str:
            nonlocal at
            at += 1
            return str(tokens[at - 1])

        def atom() -> int:
            token = take()
            if token == "(":
                value = total()
                if take() != ")":
                    raise SynthError(f"a bracket is open in {text!r}")
                return value
            unary: dict[str, Callable[[int], int]] = {
                "-": lambda v: -v,
                "<": lambda v: v & 0xFF,
                ">": lambda v: v >> 8 & 0xFF,
            }
            if token in unary:
                return unary[token](total() if token in "<>" else atom())
            return self._atom(token)

        def product() -> int:
            value = atom()
            while tokens[at] == "*":
                take()
                value *= atom()
            return value

        def total() -> int:
            value = product()
            while tokens[at] in ("+", "-"):
                value += product() if take() == "+" else -product()
            return value

        value = total()
        if tokens[at]:
            raise SynthError(f"cannot read the value {text!r}")
        return value

    def _atom(self, token: str) -> int:
        if token.startswith("$") and len(token) > 1:
            return int(token[1:], 16)
        if token.startswith("%"):
            return int(token[1:], 2)
        if token.startswith("'"):
            return ord(token[1])
        if (number := parse_whole(token)) is not None:
            return number
        if token in self.symbols:
            return self.symbols[token]
        if self.final or not token.isidentifier():
            raise SynthError(f"{token or 'nothing'} is no value that is known here")
        return self.address  # somewhere near, until the second pass


def _opcode(modes: dict[str, int], mode: str, name: str) -> int:
    if mode not in modes:
        raise SynthError(f"{name} needs an operand")
    return modes[mode]
