"""The lines of a deck: files, comments, continuation, tokens; each knows where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_MAX_BYTES = 200_000_000
_MAX_INCLUDES = 64
_EQUALS = re.compile(r"\s*=\s*")
_ATTACHED = re.compile(r"\s+(?=[(])")
_STOP = re.compile(r"[(){}\[\] \t,]")


class NetlistError(ValueError):
    """A deck that cannot be read: ``file:line``, the text of the line, and what is wrong."""


@dataclass(frozen=True, slots=True)
class Card:
    """One logical line: continuation lines joined, comments dropped."""

    file: str
    line: int
    text: str
    folder: Path | None = None

    @property
    def tokens(self) -> list[str]:
        """The line split at blanks and commas outside brackets; ``a = b`` is one token."""
        return split(self)

    def error(self, message: str) -> NetlistError:
        """Return a :class:`NetlistError` that names this line."""
        text = self.text if len(self.text) <= 120 else self.text[:117] + "..."
        return NetlistError(f"{self.file}:{self.line}: {text!r}: {message}")


def split(card: Card) -> list[str]:
    """Split a line into tokens; brackets hold together and stick to the word before them."""
    text = _EQUALS.sub("=", card.text) if "=" in card.text else card.text
    if "(" not in text and "{" not in text:
        return text.replace(",", " ").split()
    text = _ATTACHED.sub("", text)
    tokens, depth, start = [], 0, 0
    for stop in _STOP.finditer(text):
        c = stop.group()
        if c in "({[":
            depth += 1
        elif c in ")}]":
            depth -= 1
            if depth < 0:
                raise card.error(f"a closing {c!r} without an opening bracket")
        elif depth == 0:
            tokens.append(text[start : stop.start()])
            start = stop.end()
    if depth:
        raise card.error("a bracket is opened and not closed")
    tokens.append(text[start:])
    return [t for t in tokens if t]


def cards(text: str, file: str, folder: Path | None) -> list[Card]:
    """Return the logical lines of a deck with its ``.include`` files in place.

    Raises
    ------
    NetlistError
        A file that is missing, not text, includes itself or is too large.
    """
    top = (folder / Path(file).name,) if folder else ()
    return list(_walk(text, file, folder, top))


def read_text(path: Path, card: Card | None = None) -> str:
    """Return the text of a deck file.

    Raises
    ------
    NetlistError
        No such file, no text, or too large; names the including line if there is one.
    """
    def fail(message: str) -> NetlistError:
        return card.error(message) if card else NetlistError(message)

    try:
        if not path.is_file():
            raise fail(f"no file {path}")
        if path.stat().st_size > _MAX_BYTES:
            raise fail(f"{path} is larger than {_MAX_BYTES // 1_000_000} MB")
        return path.read_bytes().decode("utf-8", errors="surrogateescape")
    except (OSError, ValueError) as error:
        if isinstance(error, NetlistError):
            raise
        raise fail(f"{path}: {error}") from None


def _walk(text: str, file: str, folder: Path | None, above: tuple[Path, ...]) -> Iterator[Card]:
    for card in _logical(text, file, folder):
        word = card.text.split(None, 1)[0].upper()
        if word in (".END", "END"):
            return
        if word in (".INCLUDE", ".INC", "INCLUDE"):
            yield from _included(card, above)
        else:
            yield card


def _included(card: Card, above: tuple[Path, ...]) -> Iterator[Card]:
    parts = card.text.split(None, 1)
    if len(parts) < 2:
        raise card.error("the file to include is missing")
    name = parts[1].strip().strip("\"'")
    if "\0" in name or not name:
        raise card.error("the file to include has no usable name")
    path = (card.folder or Path.cwd()) / name
    if path in above:
        raise card.error(f"{path} includes itself")
    if len(above) >= _MAX_INCLUDES:
        raise card.error(f"more than {_MAX_INCLUDES} files deep in .include")
    text = read_text(path, card)
    yield from _walk(text, str(path), path.parent, (*above, path))


def _logical(text: str, file: str, folder: Path | None) -> Iterator[Card]:
    start = 0
    parts: list[str] = []
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if not line or line[0] in "*#":
            continue
        if line[0] == "+":
            if not parts:
                raise Card(file, number, line).error("a continuation with no line before it")
            parts.append(line[1:].strip())
            continue
        if not (line[0] == "." or (line[0].isascii() and line[0].isalpha())):
            raise Card(file, number, line).error("a line starts with a letter, '.', '*', '#' or "
                                                 "'+'")
        if parts:
            yield Card(file, start, " ".join(parts), folder)
        start, parts = number, [line]
    if parts:
        yield Card(file, start, " ".join(parts), folder)
