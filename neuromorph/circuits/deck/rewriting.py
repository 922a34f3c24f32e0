"""Writing changed values back into a netlist, line by line, everything else as it was."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
_AREA = re.compile(rf"(?i)(\barea\s*=\s*)({_NUMBER})")
_LAST = re.compile(rf"(?i)({_NUMBER})([a-z]*)(\s*\)?\s*)$")


def rewrite(text: str, factors: Mapping[str, float], *, subckt: str | None = None) -> str:
    """Multiply values of elements: junction areas, R, L, C, and the last level of a bias.

    Numbers keep their suffix and get four digits, which is what a layout can hold.

    Parameters
    ----------
    text : str
        A netlist.
    factors : dict of float
        By the label at the beginning of the line.
    subckt : str, optional
        Only in this subcircuit; else in all lines.

    Raises
    ------
    ValueError
        An element that is not there, comes twice, or whose value is no plain number.
    """
    wanted = {name.upper(): factor for name, factor in factors.items()}
    found: set[str] = set()
    lines, inside = [], subckt is None
    for line in text.splitlines():
        words = line.split()
        head = words[0].upper() if words else ""
        if subckt is not None and head in (".SUBCKT", ".ENDS"):
            inside = head == ".SUBCKT" and words[1].upper() == subckt.upper()
        if inside and head in wanted:
            if head in found:
                raise ValueError(f"rewrite: element {head} comes twice; name its subcircuit")
            found.add(head)
            line = _scaled(line, head, wanted[head])
        lines.append(line)
    if missing := sorted(wanted.keys() - found):
        place = f"subcircuit {subckt!r}" if subckt else "the netlist"
        raise ValueError(f"rewrite: {', '.join(missing)} came, {place} has no such element")
    return "\n".join(lines) + "\n"


def _scaled(line: str, label: str, factor: float) -> str:
    pattern = _AREA if label.startswith("B") else _LAST
    match = pattern.search(line)
    if match is None:
        raise ValueError(f"rewrite: {line.strip()!r}: its value is no plain number")
    group = 2 if label.startswith("B") else 1
    number = f"{float(match[group]) * factor:.4g}"
    return line[: match.start(group)] + number + line[match.end(group) :]
