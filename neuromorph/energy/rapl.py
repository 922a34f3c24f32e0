"""The energy counters of Linux ``powercap`` (RAPL): whole processor packages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

#: A package: ``intel-rapl:0``. Domains inside it (``intel-rapl:0:0``) would count twice.
_PACKAGE = re.compile(r"intel-rapl:\d+\Z")


class NotMeasuredError(RuntimeError):
    """This machine has no meter that may be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Counters at one moment: microjoules by package."""

    microjoules: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rapl:
    """Reader of ``intel-rapl:N/energy_uj`` (Intel, and AMD through the same driver).

    The counters hold whole packages: every process on the machine is in them. They wrap around
    at ``max_energy_range_uj``; a difference is right as long as less than one range lies
    between two readings (a quarter of an hour or more at 250 W for the usual 262 kJ).

    Attributes
    ----------
    root : Path
        Where powercap is mounted.
    """

    root: Path = Path("/sys/class/powercap")

    def packages(self) -> tuple[Path, ...]:
        """Return the folders of the packages, sorted.

        Raises
        ------
        NotMeasuredError
            There is no powercap (virtual machines, containers, ARM, macOS), no package in it, or
            the counters may be read by root only.
        """
        found = sorted(p for p in self.root.glob("intel-rapl:*") if _PACKAGE.match(p.name))
        if not found:
            raise NotMeasuredError(
                f"not measured: no intel-rapl:N in {self.root} (virtual machines, containers, ARM "
                "and macOS have none)"
            )
        for package in found:
            _number(package / "energy_uj")
            _number(package / "max_energy_range_uj")
        return tuple(found)

    def names(self) -> tuple[str, ...]:
        """Return the name of each package, as the kernel gives it."""
        return tuple(_text(package / "name") for package in self.packages())

    def read(self) -> Reading:
        """Return the counters now."""
        return Reading(microjoules={p.name: _number(p / "energy_uj") for p in self.packages()})

    def joules(self, first: Reading, last: Reading) -> float:
        """Return the energy between two readings over all packages [J], wrap-around included.

        Raises
        ------
        NotMeasuredError
            A package came or went in between.
        """
        if set(first.microjoules) != set(last.microjoules):
            raise NotMeasuredError("not measured: the packages changed between two readings")
        total = 0
        for package in self.packages():
            difference = last.microjoules[package.name] - first.microjoules[package.name]
            if difference < 0:
                difference += _number(package / "max_energy_range_uj") + 1
            total += difference
        return total * 1e-6


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except PermissionError:
        raise NotMeasuredError(
            f"not measured: {path} may be read by root only: run as root, or let an "
            f"administrator run: chmod a+r {path}"
        ) from None
    except OSError as error:
        raise NotMeasuredError(f"not measured: {path}: {error.strerror}") from None


def _number(path: Path) -> int:
    text = _text(path)
    if not text.isdigit():
        raise NotMeasuredError(f"not measured: {path} holds {text!r}, a whole number is allowed")
    return int(text)
