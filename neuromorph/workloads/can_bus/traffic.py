"""Generated traffic: a car's periodic messages, and three attacks on them.

Regular: 24 identifiers with periods from 10 ms to 1 s and 2 % jitter; bytes are counters,
checksums, constants, slow random walks and switches.

Attacks, in windows of their own:

* ``dos``: identifier 0, every 0.3 ms, all bytes 0;
* ``fuzzing``: a random identifier (every third one a car's own), random bytes, every 0.5 to 2 ms;
* ``spoofing``: a car's own identifier at its own period with bytes that the attacker has seen
  before, one signal set to what he wants, the checksum right. In every second window the genuine
  message is silenced, so that neither identifier nor interval gives him away.

All values are ours. What is learned here is nothing about the Car-Hacking data set.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuromorph.workloads.can_bus.frame import CLASSES, Frames, joined

PERIODS = (10e-3, 20e-3, 50e-3, 100e-3, 200e-3, 1.0)
N_MESSAGE = 24
#: Share of its time that a window takes.
SHARE = {"dos": 0.1, "fuzzing": 0.25, "spoofing": 0.7}
#: What a byte of a message is.
KINDS = ("constant", "counter", "walk", "switch", "checksum")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """A window of an attack: ``kind`` of ``CLASSES``, from ``start`` for ``seconds`` [s]."""

    kind: str
    start: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A periodic message of the car: identifier, period [s], kind and first value of each byte."""

    identifier: int
    period: float
    kinds: tuple[str, ...]
    first: tuple[int, ...]


def messages(car: int = 0) -> tuple[Message, ...]:
    """Return the messages of a car; another number is another car."""
    rng = np.random.default_rng([car, 61])
    own = np.sort(rng.choice(np.arange(0x100, 0x700), N_MESSAGE, replace=False))
    made = []
    for number, identifier in enumerate(own):
        kinds = rng.choice(KINDS[:4], 7, p=(0.35, 0.15, 0.35, 0.15))
        made.append(Message(
            identifier=int(identifier), period=PERIODS[number % len(PERIODS)],
            kinds=(*kinds.tolist(), "checksum"), first=tuple(rng.integers(0, 256, 8).tolist()),
        ))  # fmt: skip
    return tuple(made)


def generate(
    seconds: float = 10.0, *, attacks: int = 6, car: int = 0, seed: int = 0
) -> tuple[Frames, tuple[Attack, ...]]:
    """Return traffic with ``attacks`` windows, kinds in turn, and the windows.

    Parameters
    ----------
    seconds : float [s]
    attacks : int
        Windows; each takes a share of the time it has (``SHARE``), at a random place in it.
    car : int
        Which identifiers and bytes.
    seed : int
        Of this drive.

    Raises
    ------
    ValueError
        Less than a second, or a negative number of attacks.
    """
    if not seconds >= 1.0 or attacks < 0:
        raise ValueError(f"generate: {seconds} s and {attacks} attacks came, 1 s or more and 0 or "
                         "more are allowed")  # fmt: skip
    rng = np.random.default_rng([seed, 67])
    own = messages(car)
    regular = [_periodic(message, seconds, rng) for message in own]
    room = seconds / max(attacks, 1)
    windows, injected = [], []
    for number in range(attacks):
        kind = CLASSES[1 + number % 3]
        start = room * (number + rng.uniform(0.05, 0.95 - SHARE[kind]))
        window = Attack(kind=kind, start=start, seconds=room * SHARE[kind])
        windows.append(window)
        if kind == "spoofing":
            chosen = int(rng.choice([k for k, m in enumerate(own) if m.period <= 20e-3]))
            silence = (number // 3) % 2 == 1
            taken, rest = _spoofed(regular[chosen], window, silence, rng)
            regular[chosen] = rest
            injected.append(taken)
        else:
            injected.append(_flood(kind, window, own, rng))
    return joined([*regular, *injected]), tuple(windows)


def _periodic(message: Message, seconds: float, rng: np.random.Generator) -> Frames:
    n = int(seconds / message.period)
    time = (np.arange(n) + rng.uniform()) * message.period
    time = np.asarray(np.sort(time + rng.normal(0.0, 0.02 * message.period, n)), np.float64)
    data = np.zeros((n, 8), np.int64)
    for byte, (kind, first) in enumerate(zip(message.kinds, message.first, strict=True)):
        if kind == "counter":
            data[:, byte] = first + np.arange(n)
        elif kind == "walk":
            data[:, byte] = first + np.cumsum(rng.choice((-1, 0, 1), n, p=(0.2, 0.6, 0.2)))
        elif kind == "switch":
            data[:, byte] = first ^ (np.cumsum(rng.random(n) < 0.02) % 2)
        elif kind == "constant":
            data[:, byte] = first
    data[:, 7] = data[:, :7].sum(axis=1) + message.identifier
    return _frames(np.asarray(time, np.float64), np.full(n, message.identifier), data, "regular")


def _flood(
    kind: str, window: Attack, own: tuple[Message, ...], rng: np.random.Generator
) -> Frames:
    gap = 0.3e-3 if kind == "dos" else 2e-3
    least = 0.9 if kind == "dos" else 0.25
    gaps = np.asarray(rng.uniform(least, 1.0, int(window.seconds / gap)), np.float64) * gap
    time: NDArray[np.float64] = np.cumsum(gaps) + window.start
    n = time.size
    if kind == "dos":
        return _frames(time, np.zeros(n, np.int64), np.zeros((n, 8), np.int64), kind)
    known = np.array([m.identifier for m in own])
    identifier = np.where(
        np.arange(n) % 3 == 0, rng.choice(known, n), rng.integers(0, 0x800, n)
    )
    return _frames(time, identifier, rng.integers(0, 256, (n, 8)), kind)


def _spoofed(
    genuine: Frames, window: Attack, silence: bool, rng: np.random.Generator
) -> tuple[Frames, Frames]:
    """Return the injected frames, and the genuine ones that are left."""
    end = window.start + window.seconds
    inside = (genuine.time >= window.start) & (genuine.time < end)
    seen = genuine.data[genuine.time < window.start]
    count = int(inside.sum())
    if not count or not len(seen):
        return genuine[:0], genuine
    data = seen[np.arange(count) % len(seen)].astype(np.int64)  # replayed from the beginning
    signal = int(rng.integers(0, 7))
    data[:, signal] = (int(data[0, signal]) + 128) % 256
    data[:, 7] = data[:, :7].sum(axis=1) + genuine.identifier[0]
    time = genuine.time[inside]
    if not silence:
        time = time + 0.5 * float(np.median(np.diff(genuine.time)))
    made = _frames(time, genuine.identifier[inside], data, "spoofing")
    return made, genuine[~inside] if silence else genuine


def _frames(
    time: NDArray[np.float64], identifier: NDArray[np.int64], data: NDArray[np.int64], kind: str
) -> Frames:
    n = time.size
    return Frames(
        time=time, identifier=np.asarray(identifier, np.int64),
        data=np.asarray(data % 256, np.uint8), length=np.full(n, 8),
        label=np.full(n, CLASSES.index(kind)),
    )  # fmt: skip
