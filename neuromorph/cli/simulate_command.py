"""``neuromorph simulate``."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from neuromorph.cli.target import FILE
from neuromorph.units import engineering

_MOST_NOTES = 20
_PICTURES = (".png", ".pdf", ".svg")
_TIME = "a number in seconds or with a suffix, such as 0.1p"


class Quantity(click.ParamType):  # type: ignore[type-arg]
    """A number as decks write it: ``0.1p``."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None,
                ctx: click.Context | None) -> float:
        """Return the value in SI units."""
        from neuromorph.circuits.deck.expression import ExpressionError, number

        try:
            return number(str(value))
        except ExpressionError as error:
            return self.fail(str(error), param, ctx)


@click.command()
@click.argument("deck")
@click.option("-o", "--output", type=FILE,
              help="Traces as .csv, .dat, .raw or .npz, pulses as .vcd.")
@click.option("--plot", type=FILE,
              help=f"Picture of traces and pulses, {', '.join(_PICTURES)}.")
@click.option("--step", type=Quantity(), help=f"Step: {_TIME}; the deck's unless given.")
@click.option("--duration", type=Quantity(), help=f"Duration: {_TIME}.")
@click.option("--scheme", type=click.Choice(["auto", "cowell", "am4", "leapfrog", "bdf2"]),
              default="auto", show_default=True)
@click.option("--seed", type=click.IntRange(0), help="Seed of the thermal noise.")
@click.option("--temperature", type=float, help="Kelvin, for all; 0 is without noise.")
@click.option("--on-large-step", type=click.Choice(["refine", "error"]), default="refine",
              show_default=True, help="What to do if a phase moves too far in one step.")
@click.option("--check", is_flag=True, help="Run half the step too and report the difference.")
def command(deck: str, output: Path | None, plot: Path | None, step: float | None,
            duration: float | None, scheme: str, seed: int | None, temperature: float | None,
            on_large_step: str, check: bool) -> None:
    """Simulate DECK: a netlist file, or a library deck by name."""
    _start_numba()
    from neuromorph.circuits.deck.netlist import read
    from neuromorph.circuits.defect import defects
    from neuromorph.circuits.export import save, save_files, suffix_for
    from neuromorph.circuits.solver.transient import simulate

    if plot is not None and plot.suffix.lower() not in _PICTURES:
        raise ValueError(f"--plot {plot}: the suffix {plot.suffix or 'none'} came, "
                         f"{' '.join(_PICTURES)} are allowed")
    circuit, unknown = read(deck).printable()
    if output is not None:
        suffix_for(output, circuit.outputs)
    for name in unknown:
        click.echo(f"left out {name}: the deck prints it but has no such node or device", err=True)
    for note in defects(circuit)[:_MOST_NOTES]:
        click.echo(f"note: {note}", err=True)
    result = simulate(circuit, step=step, duration=duration, scheme=scheme, seed=seed,
                      temperature=temperature, on_large_step=on_large_step)
    if result.asked_step != result.step:
        click.echo(f"a phase moved too far in one step: used {engineering(result.step, 's')} "
                   f"in place of {engineering(result.asked_step, 's')}", err=True)
    _report(result)
    if check:
        from neuromorph.circuits.solver.step_check import check_step

        click.echo(f"check: {check_step(result)}")
    if output is not None:
        click.echo(f"wrote {save(result, output)}")
    for path in [*save_files(result), *_curves(circuit)]:
        click.echo(f"wrote {path}")
    if plot is not None:
        from neuromorph.circuits.picture import draw
        from neuromorph.files import write

        figure, form = draw(result), plot.suffix[1:].lower()
        click.echo(f"wrote {write(plot, lambda file: figure.savefig(file, format=form))}")


def _start_numba() -> None:
    """Load numba and the solver without scipy, and without looking for garbage.

    numba looks for scipy and its BLAS as it starts: 0.2 s. Of what it offers only convolutions
    take another way without; whoever compiles a product of matrices looks again. The collector
    would go through the objects of each module as they come, 0.1 s, and find nothing; afterwards
    it leaves them alone.
    """
    if "numba" in sys.modules:
        return
    from neuromorph.circuits.garbage import kept

    hidden = {} if "scipy" in sys.modules else {"scipy": None}
    with kept():
        sys.modules.update(hidden)  # type: ignore[arg-type]
        try:
            importlib.import_module("numba.np.arraymath")
        finally:
            for name in hidden:
                sys.modules.pop(name, None)
        importlib.import_module("neuromorph.circuits.export")
        importlib.import_module("neuromorph.circuits.deck.netlist")
        gc.freeze()


def _curves(circuit: Any) -> Iterator[Path]:
    """Write the current-voltage curves that the deck asks for, voltage first as JoSIM does."""
    from neuromorph.circuits.solver.curve import current_voltage
    from neuromorph.files import write_text

    for curve in circuit.curves:
        voltages, currents = current_voltage(curve.model, curve.current)
        rows = "".join(f"{v:.6e},{i:.6e}\n" for v, i in zip(voltages, currents, strict=True))
        yield write_text(curve.file, "V,I\n" + rows)


def _report(result: Any) -> None:
    energy = result.energy
    click.echo(repr(result))
    click.echo(str(result.stability))
    click.echo(f"work of the sources {engineering(energy.source, 'J')}, heat "
               f"{engineering(energy.heat, 'J')}, stored {engineering(energy.stored, 'J')}; "
               f"counted I_b Phi0 {engineering(energy.bias_counted, 'J')}, I_c Phi0 "
               f"{engineering(energy.critical_counted, 'J')}")
    seconds = ", ".join(f"{name} {engineering(value, 's')}"
                        for name, value in result.seconds.items())
    click.echo(f"CPU: {seconds}")
