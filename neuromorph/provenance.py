"""Facts about this installation and host, for the provenance of results."""

from __future__ import annotations

import functools
import os
import platform
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path


@functools.cache
def git_commit() -> str | None:
    """Return the commit of the checkout the package runs from, ``+`` if changed, else None."""
    top = Path(__file__).resolve().parent.parent
    git = shutil.which("git")
    if git is None or not (top / ".git").exists():
        return None
    commit = _output(git, "-C", str(top), "rev-parse", "--short=12", "HEAD")
    changed = _output(git, "-C", str(top), "status", "--porcelain", "--untracked-files=no")
    return f"{commit}{'+' if changed else ''}" if commit else None


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def versions(*packages: str) -> dict[str, str]:
    """Return the versions of Python, neuromorph, numpy and the named packages."""
    found = {"python": platform.python_version()}
    for name in ("neuromorph", "numpy", *packages):
        module = sys.modules.get(name)
        found[name] = str(getattr(module, "__version__", None) or _installed(name))
    return found


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def host() -> str:
    """Return processor architecture, number of cores and operating system."""
    return f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}"
