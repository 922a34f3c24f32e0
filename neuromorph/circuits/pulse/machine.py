"""What a cell does at the pulse level: a table of transitions, delays and minimum distances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

#: ``table``: the table alone decides; ``draw``: each pulse passes with a probability;
#: ``integrator``: leaky sum against a threshold; ``gate``: as draw, the probability set by context.
Kind = Literal["table", "draw", "integrator", "gate"]
KINDS: tuple[Kind, ...] = ("table", "draw", "integrator", "gate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """What one pulse does.

    Attributes
    ----------
    state, port, into : str
        A pulse on ``port`` in ``state`` leads to state ``into``.
    out : dict
        Delay [s] of each output port that emits.
    jitter : float [s]
        Standard deviation of the delays.
    slips : int
        2 pi turns of junctions.
    work : float [J]
        What the current sources deliver.
    """

    state: str
    port: str
    into: str
    out: tuple[tuple[str, float], ...] = ()
    jitter: float = 0.0
    slips: int = 0
    work: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Shortest time [s] from a pulse on ``before`` to one on ``port``.

    A pulse that comes sooner is a timing violation, or with ``swallow`` it is lost in silence, as
    the second of two pulses is that meet in a merger.
    """

    port: str
    before: str
    time: float
    swallow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A cell as a table.

    Attributes
    ----------
    name : str
    inputs, outputs : tuple of str
        Ports in order.
    transitions : tuple of Transition
        One for each state and input; the first state named is where the cell starts.
    gaps : tuple of Gap
    junctions : int
    kind : str
        Of the kinds that draw or integrate, the transition says what happens if a pulse comes
        out; ``idle_slips`` and ``idle_work`` what it takes if none does.

    Raises
    ------
    ValueError
        A state without a transition for every input, or a port that is not there.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    transitions: tuple[Transition, ...]
    gaps: tuple[Gap, ...] = ()
    junctions: int = 0
    kind: Kind = "table"
    idle_slips: int = 0
    idle_work: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"Machine {self.name!r}, kind: {self.kind!r} came, "
                             f"{', '.join(KINDS)} are allowed")  # fmt: skip
        known = {(t.state, t.port) for t in self.transitions}
        for state in self.states:
            for port in self.inputs:
                if (state, port) not in known:
                    raise ValueError(f"Machine {self.name!r}: state {state!r} says nothing of a "
                                     f"pulse on {port!r}, a transition is needed")  # fmt: skip
        if len(known) != len(self.transitions):
            raise ValueError(f"Machine {self.name!r}: two transitions of one state and port came")
        for transition in self.transitions:
            self._check(transition.port, self.inputs, "input")
            for port, _ in transition.out:
                self._check(port, self.outputs, "output")
        for gap in self.gaps:
            self._check(gap.port, self.inputs, "input")
            self._check(gap.before, self.inputs, "input")

    @property
    def states(self) -> tuple[str, ...]:
        """The states, in order of first mention."""
        named = [name for t in self.transitions for name in (t.state, t.into)]
        return tuple(dict.fromkeys(named))

    def transition(self, state: str, port: str) -> Transition:
        """Return what a pulse on a port does in a state."""
        return next(t for t in self.transitions if t.state == state and t.port == port)

    def _check(self, port: str, allowed: Sequence[str], what: str) -> None:
        if port not in allowed:
            raise ValueError(
                f"Machine {self.name!r}: {what} {port!r} came, {', '.join(allowed)} are there"
            )
