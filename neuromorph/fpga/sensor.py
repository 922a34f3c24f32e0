"""Where the power of a rail is read: hwmon files, here or over PYNQ.remote; pynq's rails.

Needs numpy alone; pynq where its rails are asked for. No board's sensor has been read with it yet.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from neuromorph.fpga.board import Rail
from neuromorph.fpga.power import SensorError

HWMON = "/sys/class/hwmon"
MOST = 64  #: hwmon devices looked at
Read = Callable[[], float]


class Files(Protocol):
    """Files of the machine whose kernel sees the sensors."""

    def exists(self, path: str) -> bool:
        """Return whether there is such a file."""

    def read(self, path: str) -> str:
        """Return its text."""


class LocalFiles:
    """Files of this machine."""

    def exists(self, path: str) -> bool:
        """Return whether there is such a file."""
        return Path(path).exists()

    def read(self, path: str) -> str:
        """Return its text."""
        return Path(path).read_text(encoding="ascii")


class RemoteFiles:
    """Files of a board, through pynq's ``RemoteDevice``: about a millisecond each."""

    def __init__(self, device: Any) -> None:
        self._device = device

    def exists(self, path: str) -> bool:
        """Return whether there is such a file."""
        return bool(self._device.exists_file(path).exists)

    def read(self, path: str) -> str:
        """Return its text."""
        return bytes(self._device.read_file(path)).decode("ascii")


def files_of(device: Any) -> Files:
    """Return the files of a board reached over PYNQ.remote, or those of this machine."""
    return RemoteFiles(device) if hasattr(device, "read_file") else LocalFiles()


def hwmon_file(rail: Rail, *, root: str | Path = HWMON, files: Files | None = None) -> str:
    """Return the file that tells a rail's power.

    Raises
    ------
    SensorError
        There is none, or several and nothing tells which; the message lists the sensors.
    """
    files = files or LocalFiles()
    there, found = [], []
    for folder in (f"{root}/hwmon{k}" for k in range(MOST)):
        if not files.exists(f"{folder}/name"):
            continue
        name, address = files.read(f"{folder}/name").strip(), _address(f"{folder}/device", files)
        there.append(f"{name} at 0x{address}" if address else name)
        fits = name == rail.hwmon and rail.address in (None, address)
        if fits and files.exists(f"{folder}/{rail.channel}"):
            found.append(f"{folder}/{rail.channel}")
    if len(found) == 1:
        return found[0]
    what = f"{rail.hwmon!r}" + (f" at 0x{rail.address}" if rail.address else "")
    if found:
        raise SensorError(
            f"rail {rail.name!r}: {len(found)} sensors {what} with {rail.channel}: "
            f"{', '.join(found)}: give its address in the board's file"
        )
    raise SensorError(
        f"rail {rail.name!r}: no sensor {what} with {rail.channel} under {root}; there are: "
        f"{', '.join(sorted(there)) or 'none'}"
    )


def _address(device: str, files: Files) -> str | None:
    """Return the bus address of a device in hexadecimal, as the device tree names it."""
    if not files.exists(f"{device}/uevent"):
        return None
    for line in files.read(f"{device}/uevent").splitlines():
        if line.startswith("OF_FULLNAME=") and "@" in line:
            return line.rpartition("@")[2].strip()
    return None


def hwmon_reader(path: str | Path, files: Files | None = None) -> Read:
    """Return a function that reads a hwmon power file [W]."""
    source, place = files or LocalFiles(), str(path)
    return lambda: int(source.read(place)) * 1e-6


def pynq_reader(rail: Rail, rails: Any = None) -> Read:
    """Return a function that reads a rail by pynq's own ``get_rails`` [W].

    Its sensors are named by the libsensors file of the board's image, as our rails are.

    Parameters
    ----------
    rails : dict, optional
        What ``pynq.pmbus.get_rails()`` returned; asked for, if left out.

    Raises
    ------
    SensorError
        No such rail, or one without power; pynq itself would read 0.
    """
    if rails is None:
        from pynq.pmbus import get_rails

        rails = get_rails()
    found = rails.get(rail.name)
    if found is None or found.power is None:
        told = ", ".join(name for name, each in rails.items() if each.power is not None)
        raise SensorError(f"rail {rail.name!r}: pynq's get_rails() does not tell its power; of: "
                          f"{told or 'none (is libsensors there, with its file?)'}")  # fmt: skip
    return lambda: float(found.power.value)


def rail_reader(rail: Rail, *, source: str = "hwmon", device: Any = None) -> Read:
    """Return a function that reads a rail [W].

    Parameters
    ----------
    source : str
        ``"hwmon"``: a file of the kernel; ``"pynq"``: pynq's rails.
    device : pynq.Device, optional
        Of a board over PYNQ.remote: its files are read.

    Raises
    ------
    SensorError
        There is no such sensor.
    ValueError
        Another source, or pynq's rails of a board that is elsewhere.
    """
    files = files_of(device)
    if source == "hwmon":
        return hwmon_reader(hwmon_file(rail, files=files), files)
    if source != "pynq" or isinstance(files, RemoteFiles):
        raise ValueError(f"sensors: {source!r} came, 'hwmon', or on the board itself 'pynq', is "
                         "allowed")  # fmt: skip
    return pynq_reader(rail)
