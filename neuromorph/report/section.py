"""The parts of the page: agreement, costs and energies of comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from neuromorph.cooling import COOLING
from neuromorph.report.cell import Cell, Group, number, table, text
from neuromorph.units import engineering

Body = Mapping[str, Any]  #: a comparison as its JSON file holds it

ENERGY_HEAD = (
    "platform", "figure", "total", "+-", "n", "static", "dynamic", "per event",
    "cooled, ideal", "cooled, 1000 W/W", "node", "run computed in", "source",
)  # fmt: skip


def agreement(body: Body) -> str:
    """Return the table of answers."""
    inputs = list(body["targets"])
    head = ["platform", "agrees", "right", *(f"{n} → {body['targets'][n]}" for n in inputs),
            "distance"]  # fmt: skip
    rows = []
    for row in body["rows"]:
        if row["agrees"] is None:
            rows.append([text(row["label"]), text("did not run", css="bad", note=row["reason"]),
                         *(text(None) for _ in range(len(inputs) + 2))])  # fmt: skip
            continue
        verdict = text("yes", css="good") if row["agrees"] else text("NO", css="bad")
        rows.append([
            text(row["label"]), verdict,
            Cell(text=f"{row['accuracy']:.0%}", value=row["accuracy"]),
            *(number(row["output"].get(name)) for name in inputs),
            number(row["distance"]),
        ])  # fmt: skip
    return table(head, [Group(title="", rows=rows)])


def costs(body: Body) -> str:
    """Return the table of counts and seconds."""
    counted = ("effective_macs", "effective_acs", "transmissions", "membrane_updates",
               "junction_switchings", "cycles", "footprint")  # fmt: skip
    seconds = ("network_seconds", "device_seconds", "run_seconds", "compile_seconds")
    head = ["platform", "bits", "effective MACs", "effective ACs", "transmissions",
            "membrane updates", "junction switchings", "cycles", "footprint (byte)",
            "network time", "device time", "host, per run", "host, compile and build"]  # fmt: skip
    rows = [
        [text(row["label"]), text(row.get("bits")),
         *(number(row["counts"].get(name)) for name in counted),
         *(number(row[name], "s") for name in seconds)]
        for row in body["rows"] if row["agrees"] is not None
    ]  # fmt: skip
    return table(head, [Group(title="", rows=rows)])


def energies(bodies: Sequence[Body]) -> str:
    """Return the energies of all comparisons, grouped by workload, subject, method, boundary.

    Sources stand below the table, numbered.
    """
    sources: dict[str, int] = {}
    groups: dict[tuple[str, str, str, str], list[list[Cell]]] = {}
    for body in bodies:
        place = f" [{body['folder']}]" if len(bodies) > 1 else ""
        for row in body["rows"]:
            for e in row["energy"]:
                key = (body["workload"], e["subject"], e["method"], e["boundary"])
                groups.setdefault(key, []).append(_energy(row, e, place, sources))
    named = [
        Group(title=_title(key, len(bodies) > 1), rows=rows)
        for key, rows in sorted(groups.items())
    ]
    listed = "".join(f'<li id="s{k}">{escape(source)}</li>' for source, k in sources.items())
    return f"{table(ENERGY_HEAD, named)}<h3>Sources</h3><ol>{listed}</ol>"


def _title(key: tuple[str, str, str, str], several: bool) -> str:
    workload, subject, method, boundary = key
    start = f"{workload}: " if several else ""
    where = "this machine" if subject == "host" else "the device"
    return f"{start}{method}, of {where}, boundary: {boundary}"


def _energy(row: Body, e: Body, place: str, sources: dict[str, int]) -> list[Cell]:
    source = sources.setdefault(e["source"], len(sources) + 1)
    events = row["counts"].get("effective_acs")
    half = (e["ci"][1] - e["ci"][0]) / 2 if e["ci"] else None
    cold = e.get("temperature") is not None and e["boundary"] != "wall+cooling"
    joules = e["joules"]
    return [
        text(row["label"] + place),
        text(e["label"]),
        number(joules, "J", note="; ".join(e["assumptions"])),
        number(half, "J"),
        number(e["n"]),
        number(e["static"], "J"),
        number(e["dynamic"], "J"),
        number(joules / events if events else None, "J"),
        number(joules * COOLING["carnot"].factor if cold else None, "J"),
        number(joules * COOLING["cryocooler"].factor if cold else None, "J"),
        text(e.get("node")),
        text(e.get("bits") or row.get("bits")),
        Cell(text=f"[{source}]", value=source, note=e["source"], link=f"s{source}"),
    ]


def notes(body: Body) -> list[str]:
    """Return what a reader must know: reasons, problems, notes, versions, machines."""
    lines = []
    for row in body["rows"]:
        if row["agrees"] is None:
            lines.append(f"{row['label']}: did not run: {row['reason']}")
        elif not row["energy"]:
            lines.append(f"{row['label']}: energy not measured")
        lines += [f"{row['label']}: {text}" for text in (*row["problems"], *row["notes"])]
        if row["versions"]:
            versions = ", ".join(f"{name} {v}" for name, v in row["versions"].items())
            lines.append(f"{row['label']}: {versions}; {row.get('host', '')}")
    return lines


def headline(body: Body) -> str:
    """Return one sentence about a comparison."""
    ran = [row for row in body["rows"] if row["agrees"] is not None]
    good = sum(bool(row["agrees"]) for row in ran)
    seeds = len(body["seeds"])
    seconds = ran[0]["network_seconds"] if ran else 0.0
    length = "" if seconds is None else f" of {engineering(seconds, 's')}"
    return (
        f"{good} of {len(body['rows'])} platforms agree with {body['reference'] or 'none'}; "
        f"{len(body['targets'])} inputs{length}, {seeds} seed{'s' if seeds > 1 else ''}."
    )
