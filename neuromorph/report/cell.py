"""Cells and tables of the page: what is shown, and the number it is sorted by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from neuromorph.units import engineering


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell: text, and for numbers the value to sort by; ``link`` is an id on the page."""

    text: str
    value: float | None = None
    note: str = ""
    css: str = ""
    link: str = ""

    def html(self) -> str:
        """Return a ``td``."""
        kind = " ".join(filter(None, ["num" if self.value is not None else "", self.css]))
        css = f' class="{kind}"' if kind else ""
        sort = "" if self.value is None else f' data-value="{self.value!r}"'
        title = f' title="{escape(self.note)}"' if self.note else ""
        shown = escape(self.text)
        if self.link:
            shown = f'<a href="#{escape(self.link)}">{shown}</a>'
        return f"<td{css}{sort}{title}>{shown}</td>"


def text(value: object, *, css: str = "", note: str = "") -> Cell:
    """Return a cell of text; an empty value is a dash."""
    return Cell(text=str(value) if value not in (None, "") else "-", css=css, note=note)


def number(value: float | None, unit: str = "", *, note: str = "") -> Cell:
    """Return a cell of a number, with an SI prefix if it has a unit."""
    if value is None:
        return Cell(text="-", css="num")
    plain = f"{value:,.0f}" if value == int(value) else f"{value:,.4g}"
    shown = engineering(value, unit) if unit else plain
    return Cell(text=shown, value=float(value), note=note)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rows that may be ranked against each other."""

    title: str
    rows: Sequence[Sequence[Cell]]


def table(head: Sequence[str], groups: Sequence[Group]) -> str:
    """Return a table with one ``tbody`` per group; the page sorts inside a group only."""
    columns = "".join(
        f'<th scope="col" aria-sort="none"><button type="button">{escape(name)}</button></th>'
        for name in head
    )
    bodies = "".join(_body(group, len(head)) for group in groups)
    return (
        f'<div class="wide"><table><thead><tr>{columns}</tr></thead>{bodies}</table></div>'
    )


def _body(group: Group, width: int) -> str:
    title = (
        f'<tr class="group"><th colspan="{width}" scope="rowgroup">{escape(group.title)}</th></tr>'
        if group.title
        else ""
    )
    rows = "".join(
        "<tr>" + "".join(cell.html() for cell in row) + "</tr>" for row in group.rows
    )
    return f"<tbody>{title}{rows}</tbody>"
