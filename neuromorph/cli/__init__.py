"""The command ``neuromorph``: a group of commands, each in its own file, imported when asked for.

Exit codes: 0 success; 1 disagreement, unavailable backend or failed run; 2 bad usage.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from neuromorph import __version__

#: Command by name, and the file it stands in.
COMMANDS = {
    "board": "board_command",
    "compare": "compare_command",
    "copy": "copy_command",
    "doctor": "doctor_command",
    "export": "export_command",
    "margins": "margins_command",
    "report": "report_command",
    "run": "run_command",
    "simulate": "simulate_command",
    "sweep": "sweep_command",
    "train": "train_command",
    "yield": "yield_command",
}


class Commands(click.Group):
    """Loads a command's file only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names, sorted."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"neuromorph.cli.{COMMANDS[cmd_name]}")
        command: click.Command = module.command
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="neuromorph")
@click.option("--debug", is_flag=True, help="Show tracebacks.")
@click.pass_context
def group(ctx: click.Context, debug: bool) -> None:
    """One network description, many substrates: run it, compare it, see what it costs."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit; errors are one line unless ``--debug`` is given."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if "--debug" in given:  # before or after the command's name
        given.remove("--debug")
        group.main(args=["--debug", *given], prog_name="neuromorph")
        return
    sys.excepthook = _unforeseen
    try:
        group.main(args=given, prog_name="neuromorph", standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _fail("interrupted", 1)
    except (ValueError, TypeError) as error:
        _fail(error, 2)
    except OSError as error:
        place = error.filename2 or error.filename
        _fail(f"{place}: {error.strerror}" if place and error.strerror else error, 1)
    except RuntimeError as error:
        _fail(error, 1)
    except MemoryError as error:
        _fail(f"the memory does not hold this run ({error}): make it shorter or smaller", 1)


def _unforeseen(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    """Report a mistake of ours in one line."""
    text = " ".join(str(error).split())
    click.echo(
        f"neuromorph: {kind.__name__}: {text}: this is a mistake in neuromorph, "
        "run again with --debug for the traceback",
        err=True,
    )


def _fail(reason: Any, code: int) -> None:
    text = " ".join(str(reason).split()) or type(reason).__name__
    click.echo(f"neuromorph: {text}", err=True)
    sys.exit(code)
