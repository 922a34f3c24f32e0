"""The page: one HTML file with its style, its script and its pictures inside."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path

from neuromorph.report.section import Body, agreement, costs, energies, headline, notes

_HERE = Path(__file__).resolve().parent

#: The browser itself refuses whatever would come over a network.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"

_WARNING = (
    "Figures are grouped by whose energy it is, by method (measured, replayed, simulated, counted) "
    "and by boundary. A column sorts inside a group only: figures of different groups are not "
    "ranked. Counted means events times a published constant."
)


def page(bodies: Sequence[Body], pictures: Sequence[bytes], *, title: str) -> str:
    """Return a whole HTML page.

    Parameters
    ----------
    bodies : sequence of dict
        Comparisons as ``Table.to_json`` writes them; with several, each has ``"folder"``.
    pictures : sequence of bytes
        A PNG per comparison; empty where there is none.
    title : str
    """
    several = len(bodies) > 1
    parts = [f"<h1>{escape(title)}</h1>"]
    if several:
        parts.append(_contents(bodies))
    sections = [
        _section(number, body, picture, several)
        for number, (body, picture) in enumerate(zip(bodies, pictures, strict=True))
    ]
    energy = f'<section id="energy"><h2>Energy per inference</h2><p>{_WARNING}</p>'
    parts += [energy + energies(bodies) + "</section>", *sections] if several else [
        *sections[:1], energy + energies(bodies) + "</section>",
    ]  # fmt: skip
    parts.append(_footer(bodies))
    style = (_HERE / "page.css").read_text(encoding="utf-8")
    script = (_HERE / "page.js").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style></head>"
        f"<body><main>{''.join(parts)}</main><script>{script}</script></body></html>\n"
    )


def _contents(bodies: Sequence[Body]) -> str:
    items = "".join(
        f'<li><a href="#c{number}">{escape(body["title"])}</a> '
        f"<small>{escape(body['folder'])}</small><br>{escape(headline(body))}</li>"
        for number, body in enumerate(bodies)
    )
    return f'<nav><ul><li><a href="#energy">Energy of all</a></li>{items}</ul></nav>'


def _section(number: int, body: Body, picture: bytes, several: bool) -> str:
    title = f"{body['title']} ({body['folder']})" if several else "Do they agree?"
    drawn = (
        f'<img alt="{escape(body["title"])}: rasters, answers and energies" '
        f'src="data:image/png;base64,{base64.b64encode(picture).decode()}">'
        if picture
        else ""
    )
    return (
        f'<section id="c{number}"><h2>{escape(title)}</h2><p>{escape(headline(body))}</p>'
        f"{agreement(body)}{drawn}<h3>Counts and seconds, per inference</h3>"
        "<p>Seconds of this machine are not seconds of a device: both are columns.</p>"
        f"{costs(body)}</section>"
    )


def _footer(bodies: Sequence[Body]) -> str:
    lines = [line for body in bodies for line in notes(body)]
    items = "".join(f"<li>{escape(line)}</li>" for line in dict.fromkeys(lines))
    return f"<section><h2>Notes</h2><ul>{items}</ul></section>"
