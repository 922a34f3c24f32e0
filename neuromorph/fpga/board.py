"""What is known of a board: part, clock, rails and the sensors that read them, with sources."""

from __future__ import annotations

import json
from dataclasses import dataclass

from neuromorph import _res


@dataclass(frozen=True, slots=True, kw_only=True)
class Rail:
    """One supply rail and its sensor.

    Attributes
    ----------
    name : str
    covers : str
        What hangs on it, in words.
    boundary : str
        ``"chip"`` or ``"board"``: what a figure of this rail includes.
    hwmon : str
        Name of the hwmon device, as ``/sys/class/hwmon/hwmon*/name`` tells.
    channel : str
        File of its power in microwatt, such as ``power1_input``.
    step : float, optional [W]
        Smallest difference the sensor tells; None where no source was found.
    source : str
    address : str, optional
        Of the sensor on its bus, in hexadecimal: tells two of a kind apart.
    """

    name: str
    covers: str
    boundary: str
    hwmon: str
    channel: str
    step: float | None
    source: str
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardData:
    """One board: ``fpga/boards/NAME.json``."""

    name: str
    part: str
    board_part: str
    resources: dict[str, int]
    resources_source: str
    rails: tuple[Rail, ...]
    note: str

    def rail(self, name: str) -> Rail:
        """Return the rail of that name.

        Raises
        ------
        ValueError
            There is none.
        """
        for rail in self.rails:
            if rail.name == name:
                return rail
        there = ", ".join(rail.name for rail in self.rails) or "none"
        raise ValueError(f"board {self.name!r}: rail {name!r} came, there are: {there}")


def boards() -> list[str]:
    """Return the names of all boards there is data for."""
    return sorted(path.stem for path in (_res.root() / "fpga" / "boards").glob("*.json"))


def board_data(name: str) -> BoardData:
    """Return what is known of a board.

    Raises
    ------
    ValueError
        There is no data for it.
    """
    path = _res.root() / "fpga" / "boards" / f"{name}.json"
    if not path.exists():
        raise ValueError(f"board: {name!r} came, {', '.join(boards())} are there")
    data = json.loads(path.read_text(encoding="utf-8"))
    rails = tuple(Rail(**rail) for rail in data.pop("rails"))
    return BoardData(name=name, rails=rails, **data)
