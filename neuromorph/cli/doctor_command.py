"""``neuromorph doctor``."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from neuromorph.doctor import examine


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for bug reports.")
def command(as_json: bool) -> None:
    """Say what this installation has and lacks: packages, tools, boards, caches, backends.

    Exit code 1 if something that is needed is missing.
    """
    findings = examine()
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        section = ""
        for finding in findings:
            if finding.section != section:
                section = finding.section
                click.echo(section)
            mark = {"ok": "ok", "missing": "MISSING", "absent": "-"}[finding.state]
            click.echo(f"  {mark:8s}{finding.name:20s}{finding.text}")
    sys.exit(1 if any(finding.state == "missing" for finding in findings) else 0)
