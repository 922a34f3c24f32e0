"""``neuromorph board``: a workload on a PYNQ board, or on its simulated RTL."""

from __future__ import annotations

from collections.abc import Callable

import click

from neuromorph.cli.workload_name import workload
from neuromorph.comparison import compare
from neuromorph.fpga import board, power
from neuromorph.runner import run


def _board_options(function: Callable[..., None]) -> Callable[..., None]:
    names = ("sim", *board.boards())
    function = click.option("--bitstream", default="", help="NAME.bit, with NAME.hwh beside it.")(
        function
    )
    return click.option("--board", "name", type=click.Choice(names), default="sim",
                        show_default=True)(function)  # fmt: skip


def _backend(name: str, bitstream: str) -> object:
    from neuromorph.runner import UnavailableError, backend

    if name != "sim" and not bitstream:
        raise UnavailableError(
            f"board {name!r}: no --bitstream came; this makes one: "
            f"vivado -mode batch -source fpga/vivado/build.tcl -tclargs {name}"
        )
    made = backend("pynq")
    return type(made)(board=name, bitstream=bitstream)  # type: ignore[call-arg]


@click.group()
def command() -> None:
    """Deploy on a PYNQ UltraScale+ board, and measure there. Untested on hardware."""


@command.command()
@click.argument("work_name", metavar="WORKLOAD")
@_board_options
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
def deploy(work_name: str, name: str, bitstream: str, seed: int) -> None:
    """Run every input of a workload on the board and hold it to the integer model."""
    work = workload(work_name)
    chosen = _backend(name, bitstream)
    table = compare(work, backends=["fpga-model", chosen], seeds=1)  # type: ignore[list-item]
    click.echo(str(table))
    label = "simulated RTL" if name == "sim" else f"board {name}"
    for key, stimulus in work.stimuli.items():
        result = run(work.network, stimulus, backend=chosen, duration=work.duration,  # type: ignore[arg-type]
                     dt=work.dt, seed=seed)  # fmt: skip
        click.echo(f"{label} {key}: answer {work.readout.answer(result)}, "
                   f"{result.counts.cycles} cycles")  # fmt: skip


@command.command()
@click.argument("work_name", metavar="WORKLOAD")
@_board_options
@click.option("--rail", default="", help="Rail of the board; the first known if left out.")
@click.option("--repeats", default=5, show_default=True, type=click.IntRange(5))
@click.option("--seconds", default=10.0, show_default=True, help="Of each state [s].")
def measure(
    work_name: str, name: str, bitstream: str, rail: str, repeats: int, seconds: float
) -> None:
    """Measure the energy of one input of a workload: idle and workload in turn."""
    work = workload(work_name)
    if name == "sim":
        raise power.SensorError(
            "board measure: the simulated RTL has no sensors: run it on a board (--board zcu104)"
        )
    if work.duration is None or work.dt is None:
        raise click.UsageError(f"board measure: workload {work_name} is frame-based, a spiking one "
                               "is allowed")  # fmt: skip
    data = board.board_data(name)
    if not data.rails:
        raise power.SensorError(f"board {name!r}: no rails are known: {data.note}")
    chosen = data.rail(rail) if rail else data.rails[0]
    from neuromorph.fpga.measurement import measure_run

    verdict, energy = measure_run(
        _backend(name, bitstream), work.network, next(iter(work.stimuli.values())), rail=chosen,
        duration=work.duration, dt=work.dt, repeats=repeats, seconds=seconds,
    )  # fmt: skip
    click.echo(f"{chosen.name}: {verdict.watts:.4g} W over idle, 95 % {verdict.ci}, {verdict.text}")
    click.echo(str(energy) if energy is not None else "no energy: not resolved")
