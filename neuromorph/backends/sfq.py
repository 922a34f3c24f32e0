"""``sfq-circuit``: the network compiled to a Josephson netlist and simulated as a circuit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from neuromorph import provenance
from neuromorph.backends.superconducting import (
    Superconducting,
    Times,
    device_trains,
    gathered,
    refuse_run,
)
from neuromorph.circuits.cell.calibration import Calibration, GateLaw, load
from neuromorph.circuits.cell.drive import drive
from neuromorph.circuits.cell.feeding import BUS_VOLTAGE, bus_energy, ersfq_energy
from neuromorph.circuits.compiler.coincidence import Loss, predicted_losses
from neuromorph.circuits.compiler.layout import Unit
from neuromorph.circuits.compiler.network_compiler import CompiledCircuit
from neuromorph.circuits.deck.netlist import read
from neuromorph.circuits.solver.transient import Transient, simulate
from neuromorph.counts import count_operations
from neuromorph.description import Network, Records, Source, Stimuli
from neuromorph.description.discrete import steps
from neuromorph.result import Energy, Provenance, Result, Spikes, State

SETTLING = 60e-12  #: the biases ramp in and their pulses die out [s]
#: Time constants of the slowest loop to wait: the ramps leave up to 0.2 quanta there (a junction's
#: phase at its bias over 2 pi), which falls to 0.01.
DECAYS = 3.0
STAGE = "our 10 kA/cm2-class cells, 4 K stage, cooling not included"


@dataclass(frozen=True, slots=True, kw_only=True)
class SFQCircuit(Superconducting):
    """Single-flux-quantum circuit of a network, transient-simulated with thermal noise.

    Attributes
    ----------
    acceleration : float
        Network seconds per device second.
    temperature : float [K]
        0 switches the noise off, and with it the randomness of the stochastic synapses.
    step : float [s of device time]
    loss_tolerance : float
        Largest share of pulses that the mergers before a neuron may be predicted to swallow.

    Raises
    ------
    ValueError
        A value out of range.
    """

    step: float = 0.1e-12
    loss_tolerance: float = 0.05

    name: ClassVar[str] = "sfq-circuit"

    def __post_init__(self) -> None:
        Superconducting.__post_init__(self)
        if not (np.isfinite(self.step) and self.step > 0):
            raise ValueError(f"SFQCircuit.step: {self.step} came, a positive number is allowed")
        if not 0 <= self.loss_tolerance <= 1:
            raise ValueError(
                f"SFQCircuit.loss_tolerance: {self.loss_tolerance} came, 0 to 1 is allowed"
            )

    def deck(
        self, network: Network, stimulus: Stimuli, *, duration: float, dt: float, seed: int = 0
    ) -> str:
        """Return the whole deck of one run; it runs in JoSIM too."""
        calibration, compiled = load(), self.compiled(network)
        trains = device_trains(network, stimulus, duration, dt, seed, self.acceleration)
        text = compiled.text + "\n".join(_drives(compiled, trains, calibration)) + "\n"
        probes = "".join(f".print p({name})\n" for name in compiled.spikes.values())
        end = _end(duration / self.acceleration, calibration, compiled)
        return (
            f"{text}.tran {self.step * 1e12:g}p {end * 1e12:.6g}p 0 {self.step * 1e12:g}p\n"
            f".temp {self.temperature:g}\n.neb {1 / self.step:g}\n.option seed={seed}\n"
            f"{probes}.end\n"
        )

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
        """Run; see :func:`neuromorph.run`.

        Raises
        ------
        ValueError
            A recording or a start state, which a circuit does not have; a network, delay or
            threshold that the cells cannot be; more loss in mergers than is tolerated.
        """
        refuse_run(self.name, record, start, stimulus)
        begun = time.perf_counter()
        calibration, compiled = load(), self.compiled(network)
        trains = device_trains(network, stimulus, duration, dt, seed, self.acceleration)
        losses = predicted_losses(
            compiled, trains, calibration, duration=duration / self.acceleration, seed=seed
        )
        self._refuse_loss(losses)
        _refuse_context(losses, calibration.gate)
        circuit = read(self.deck(network, stimulus, duration=duration, dt=dt, seed=seed))
        ready = time.perf_counter()
        transient = simulate(circuit, temperature=self.temperature, seed=seed, record=())
        ended = time.perf_counter()
        count = steps(duration, dt)
        spikes = _spikes(network, compiled, transient, calibration, count * dt)
        passed = sum(transient.counts[path.junction.upper()] for path in compiled.paths)
        counts = count_operations(
            network, spikes, steps=count, transmissions=passed,
            junction_switchings=transient.energy.switchings,
        )  # fmt: skip
        compiling = ready - begun + transient.seconds["setup"] + transient.seconds["compile"]
        return Result(
            spikes=spikes,
            counts=counts,
            energy=_energy(transient, compiled, transient.duration - lead(compiled, calibration)),
            provenance=Provenance(
                backend=repr(self),
                seed=seed,
                dt=dt,
                network_hash=network.content_hash(),
                versions=provenance.versions("numba", "scipy"),
                git=provenance.git_commit(),
                host=provenance.host(),
                network_seconds=count * dt,
                device_seconds=count * dt / self.acceleration,
                compile_seconds=compiling,
                host_seconds=ended - begun - compiling,
                notes=_notes(compiled, losses, calibration),
            ),
        )

    def _refuse_loss(self, losses: Mapping[Unit, Loss]) -> None:
        for (name, unit), loss in losses.items():
            if loss.fraction > self.loss_tolerance:
                raise ValueError(
                    f"Population {name!r}: unit {unit} is predicted to lose {loss.fraction:.1%} of "
                    f"its pulses in mergers ({loss.swallowed} of {loss.offered}), "
                    f"{self.loss_tolerance:.1%} is allowed: lower the rates, shift the phases, "
                    "lower the acceleration or raise SFQCircuit.loss_tolerance"
                )


def lead(compiled: CompiledCircuit, calibration: Calibration) -> float:
    """Return the device time before network time 0 [s]: until what the ramps of the biases left in
    the loops of neurons and contexts has leaked.
    """
    neurons = compiled.settings.values()
    taus = [calibration.neuron.l_s / one.leak for one in neurons]
    taus += [calibration.gate.l_c / one.gate.leak for one in neurons if one.gate is not None]
    return max(SETTLING, DECAYS * max(taus, default=0.0))


def _end(device_time: float, calibration: Calibration, compiled: CompiledCircuit) -> float:
    late = 2 * calibration.delay["neuron"] + max(compiled.late.values(), default=0.0)
    return lead(compiled, calibration) + device_time + late


def _refuse_context(losses: Mapping[Unit, Loss], law: GateLaw) -> None:
    """Refuse contexts whose flux would starve the junction behind a gate."""
    for (name, unit), loss in losses.items():
        if loss.context * law.grey > law.limit:
            raise ValueError(
                f"Population {name!r}: the context of unit {unit} is predicted to reach "
                f"{loss.context:.3g} c_grey, {law.limit / law.grey:.3g} is allowed: lower the "
                "rates or the apical weights, or raise c_grey"
            )


def _drives(
    compiled: CompiledCircuit, trains: Mapping[Unit, Times], calibration: Calibration
) -> list[str]:
    """Return a current source per source unit; its converter switches at the train's times."""
    early = lead(compiled, calibration) - calibration.delay["dcsfq"]
    return [
        drive(f"{node}n", node, trains[unit] + early) for unit, node in compiled.drives.items()
    ]


def _spikes(
    network: Network,
    compiled: CompiledCircuit,
    transient: Transient,
    calibration: Calibration,
    duration: float,
) -> dict[str, Spikes]:
    """Return spikes in network time, the lead and the neuron's own delay taken off."""
    out: dict[str, Spikes] = {}
    begin = lead(compiled, calibration)
    for population in network.populations:
        latency = begin
        if not isinstance(population.cell, Source):
            latency += calibration.delay["neuron"]
        units = [(population.name, k) for k in range(population.n)]
        trains = [
            (transient.pulses[compiled.spikes[unit].upper()] - latency
             - compiled.late.get(unit, 0.0)) * compiled.acceleration
            for unit in units
        ]  # fmt: skip
        out[population.name] = gathered(trains, duration)
    return out


def _energy(
    transient: Transient, compiled: CompiledCircuit, running: float
) -> tuple[Energy, ...]:
    """Return what the sources delivered, and the conventions that count switchings.

    ``running`` [s] is the time in which pulses come: the bus is not billed for the lead.
    """
    e = transient.energy

    def figure(joules: float, method: str, label: str, source: str, **more: float) -> Energy:
        return Energy(
            joules=joules, subject="device", boundary="device", method=method,  # type: ignore[arg-type]
            label=label, source=f"{source}; {STAGE}", temperature=4.2, **more,  # type: ignore[arg-type]
        )  # fmt: skip

    balance = (
        f"integral of source power; with {e.noise:.3g} J of work by the thermal noise it is the "
        f"heat of {e.heat:.3g} J plus {e.stored:.3g} J stored, to {abs(e.residual):.0e} of it"
    )
    bus = bus_energy(compiled.report.bias_current, running)
    fastest = max((abs(n) for n in transient.counts.values()), default=0)
    feeding = ersfq_energy(compiled.report.bias_current, fastest)
    return (
        figure(e.source, "simulated", "source work", balance, dynamic=e.source),
        figure(e.bias_counted, "counted", "I_b Phi0", "bias current times Phi0 per turn"),
        figure(e.critical_counted, "counted", "I_c Phi0", "critical current times Phi0 per slip"),
        figure(
            bus, "counted", "RSFQ bias bus", f"{BUS_VOLTAGE * 1e3:g} mV (customary) times all bias "
            "current times time, dynamic part included", static=bus - e.source, dynamic=e.source,
        ),
        figure(
            feeding, "counted", "ERSFQ feeding", "Phi0 times all bias currents times turns of the "
            "fastest junction: what junctions that feed the biases take at its rate, the circuit's "
            "own part included (Mukhanov 2011, doi 10.1109/TASC.2010.2096792)",
            static=max(feeding - e.source, 0.0), dynamic=e.source,
        ),
    )  # fmt: skip


def _notes(
    compiled: CompiledCircuit, losses: Mapping[Unit, Loss], calibration: Calibration
) -> tuple[str, ...]:
    worst = max((loss.fraction for loss in losses.values()), default=0.0)
    latency = lead(compiled, calibration) + calibration.delay["neuron"]
    return (
        str(compiled.report),
        f"predicted loss in mergers: at most {worst:.1%} of the pulses into a neuron",
        f"spike times have {latency * 1e12:.1f} ps of device time taken off (lead and neuron), "
        f"of gated cells {(latency + max(compiled.late.values(), default=0.0)) * 1e12:.1f} ps",
    )
