"""``neuromorph board``: a workload on a PYNQ board, or on its simulated RTL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from neuromorph.cli.given import refuse
from neuromorph.cli.target import FILE
from neuromorph.cli.workload_name import workload
from neuromorph.comparison import compare
from neuromorph.fpga import board, power
from neuromorph.fpga.bitstream import core_name, roomy, vivado_command
from neuromorph.fpga.fit import check_fit, fit
from neuromorph.fpga.resource import KINDS, is_counted, table
from neuromorph.runner import UnavailableError, backend, run
from neuromorph.workloads import Workload

LANES = ("1", "2", "4", "8", "16", "32")


def _lanes(function: Callable[..., None]) -> Callable[..., None]:
    said = "Of the core: above 8 for frame-based networks."
    return click.option("--lanes", default="4", show_default=True, type=click.Choice(LANES),
                        help=said)(function)  # fmt: skip


def _board_options(function: Callable[..., None]) -> Callable[..., None]:
    names = ("sim", *board.boards())
    function = click.option("--bitstream", default="", help="NAME.bit, with NAME.hwh beside it.")(
        function
    )
    function = _lanes(function)
    return click.option("--board", "name", type=click.Choice(names), default="sim",
                        show_default=True)(function)  # fmt: skip


def _numbers(work: Workload, name: str = "fpga-model", **options: Any) -> Any:
    """Return a backend of integers with those that a workload was trained for."""
    return type(backend(name))(quantised=work.quantised, **options)  # type: ignore[call-arg]


def _backend(work: Workload, name: str, bitstream: str, lanes: int) -> Any:
    """Return the backend of a board; without a bitstream say how to make one."""
    if name != "sim":
        shape = _numbers(work, lanes=lanes).shape(work.network, work.dt)
        check_fit(shape, name)
        if not bitstream:
            usual = roomy(shape)
            fits = not is_counted(usual) or fit(usual, name).reason is None
            chosen = usual if fits else shape
            raise UnavailableError(f"board {name!r}: no --bitstream came; this makes one: "
                                   f"{vivado_command(name, chosen)}")  # fmt: skip
    return _numbers(work, "pynq", board=name, bitstream=bitstream, lanes=lanes)


@click.group()
def command() -> None:
    """Deploy on a PYNQ UltraScale+ board, and measure there. Untested on hardware."""


@command.command()
@click.argument("work_name", metavar="WORKLOAD")
@_board_options
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
def deploy(work_name: str, name: str, bitstream: str, lanes: str, seed: int) -> None:
    """Run every input of a workload on the board and hold it to the integer model.

    Without a bitstream it prints the command that makes one.
    """
    work = workload(work_name)
    chosen = _backend(work, name, bitstream, int(lanes))
    found = compare(work, backends=[_numbers(work, lanes=int(lanes)), chosen], seeds=[seed])
    click.echo(str(found))
    label = "simulated RTL" if name == "sim" else f"board {name}"
    for key, stimulus in work.stimuli.items():
        result = run(work.network, stimulus, backend=chosen, duration=work.duration,
                     dt=work.dt, seed=seed)  # fmt: skip
        click.echo(f"{label} {key}: answer {work.readout.answer(result)}, "
                   f"{result.counts.cycles} cycles")  # fmt: skip
    if any(not row.agrees for row in found.rows):
        raise RuntimeError(f"{label}: it does not agree with the integer model")


@command.command("fit")
@click.argument("work_name", metavar="WORKLOAD")
@click.option("--copies", default=1, show_default=True, type=click.IntRange(1, 64),
              help="Of the core, for the regression of power.")  # fmt: skip
@_lanes
def fit_command(work_name: str, copies: int, lanes: str) -> None:
    """Print what a workload's core takes of each board: an estimate before place and route."""
    work = workload(work_name)
    shape = replace(_numbers(work, lanes=int(lanes)).shape(work.network, work.dt), replicas=copies)
    found = [fit(shape, name) for name in board.boards()]
    parts = [f"{k.lower()} {v}" for k, v in shape.parameters.items()]
    click.echo(f"{work_name}: {core_name(shape)} core, {', '.join(parts)}")
    data = table()
    error = ", ".join(f"{k} {v:.0%}" for k, v in data["error"]["held_out"].items())
    click.echo(f"estimate before place and route, no timing; model of {data['tool']}, error on "
               f"cores not fitted: {error}")  # fmt: skip
    click.echo(f"{'':12}{'LUT':>9}{'FF':>9}{'DSP':>7}{'BRAM36':>8}")
    need = found[0].need.counts()
    click.echo(_line("takes", need, ""))
    for one in found:
        allowed = one.allowed.counts()
        verdict = one.reason or f"fits, up to {one.copies} copies"
        click.echo(_line(one.board, allowed, verdict))
    click.echo(f"takes: core, DMA and interconnect ({data['around_source']})")
    click.echo(f"boards: what may be used of them ({data['limits_source']})")


def _line(name: str, counts: dict[str, float], text: str) -> str:
    widths = dict(zip(KINDS, (9, 9, 7, 8), strict=True))
    numbers = "".join(f"{counts[k]:>{widths[k]},.0f}" for k in KINDS)
    return f"{name:12}{numbers}  {text}".rstrip()


@command.command()
@click.argument("work_name", metavar="WORKLOAD")
@_board_options
@click.option("--rail", default="", help="Rail of the board; the first known if left out.")
@click.option("--repeats", default=5, show_default=True, type=click.IntRange(5))
@click.option("--seconds", default=10.0, show_default=True,
              type=click.FloatRange(0, min_open=True), help="Of each state [s].")  # fmt: skip
@click.option("--sensors", default="hwmon", show_default=True,
              type=click.Choice(["hwmon", "pynq"]), help="Files of the kernel, or pynq's rails.")
@click.option("--copies", default="1", show_default=True,
              help="Comma-separated: run so many copies of the core, take the slope.")  # fmt: skip
@click.option("--record", type=FILE,
              help="Write the samples to a CSV file, to be read with --replay.")  # fmt: skip
@click.option("--replay", type=click.Path(dir_okay=False, exists=True, path_type=Path),
              help="Evaluate a recorded CSV file instead of measuring.")  # fmt: skip
def measure(
    work_name: str, name: str, bitstream: str, lanes: str, rail: str, repeats: int,
    seconds: float, sensors: str, copies: str, record: Path | None, replay: Path | None,
) -> None:  # fmt: skip
    """Measure the energy of one input of a workload: idle and workload in turn.

    A simulated board has no sensors and gives no energy; --replay evaluates what was recorded on
    a real one, and its figures stay labelled so.
    """
    from neuromorph.fpga.measurement import evaluate, record_run
    from neuromorph.fpga.recording import read_recording, write_recording

    work = workload(work_name)
    if replay is not None:
        refuse("with --replay, which measures nothing", "bitstream", "repeats", "seconds", "copies",
               "record")
        recording = read_recording(replay, rail=rail)
    elif name == "sim":
        raise power.SensorError(
            "board measure: the simulated RTL has no sensors: run it on a board (--board zcu104), "
            "or give a recorded trace (--replay trace.csv)"
        )
    else:
        chosen, counts = _rail(name, rail), _numbers_of(copies)
        recording = record_run(
            _backend(work, name, bitstream, int(lanes)), work.network,
            next(iter(work.stimuli.values())),
            rail=chosen, duration=work.duration, dt=work.dt, repeats=repeats, seconds=seconds,
            copies=counts, sensors=sensors,
        )  # fmt: skip
        if record is not None:
            write_recording(record, recording)
            click.echo(f"wrote {record}")
    for line in evaluate(recording).lines():
        click.echo(line)


def _numbers_of(copies: str) -> tuple[int, ...]:
    try:
        found = tuple(sorted({int(part) for part in copies.split(",")}))
    except ValueError:
        found = ()
    if not found or found[0] < 1:
        raise click.UsageError(f"--copies: {copies!r} came, whole numbers from 1 on, separated by "
                               "commas, are allowed")  # fmt: skip
    return found


def _rail(name: str, rail: str) -> board.Rail:
    data = board.board_data(name)
    if not data.rails:
        raise power.SensorError(f"board {name!r}: no rails are known: {data.note}")
    return data.rail(rail) if rail else data.rails[0]
