"""Which options the user wrote: those that a command would leave unused are refused."""

from __future__ import annotations

import click
from click.core import ParameterSource


def refuse(reason: str, *names: str) -> None:
    """Refuse options of the running command that were written, by the names of its parameters.

    Raises
    ------
    click.UsageError
        One of them was.
    """
    context = click.get_current_context()
    for parameter in context.command.params:
        written = context.get_parameter_source(str(parameter.name)) is ParameterSource.COMMANDLINE
        if parameter.name in names and written:
            raise click.UsageError(f"{parameter.opts[-1]} came {reason}: leave it out")
