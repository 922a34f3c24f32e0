"""Pages made at build time: the gallery from examples/, the interface from docstrings.

Used by mkdocs (``hooks`` in mkdocs.yml). Every docs/*.md is in the menu: those named in ``ORDER``
first, in that order, the rest by name.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
import textwrap
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import neuromorph as nm  # noqa: E402

ORDER = (
    "index", "compare", "energy", "board", "results", "nir", "planning", "sweeps",
    "two_point", "spiking", "cooperative", "pruning", "hopfield", "binary", "formats",
    "sfq", "sfq_compiler", "rate_code", "xor_case_study", "characterisation", "josephson_neurons",
    "transient", "dialect", "margins", "fpga", "registers", "resources", "can", "extending",
    "peers",
)  # fmt: skip
SECTION = re.compile(r"^(\w[\w ]+)\n-{3,}$", re.MULTILINE)


def on_config(config):
    """Set the menu."""
    pages = {path.stem: path.name for path in sorted((ROOT / "docs").glob("*.md"))}
    first = [pages.pop(name) for name in ORDER if name in pages]
    interface = [f"api/{name}.md" for name in groups()]
    config["nav"] = [*first, *pages.values(), "cells.md", "gallery.md", {"Interface": interface}]
    return config


def on_files(files, config):
    """Add the generated pages and the pictures they show."""
    files.append(File.generated(config, "gallery.md", content=gallery()))
    cells = (ROOT / "circuits" / "README.md").read_text(encoding="utf-8")
    files.append(File.generated(config, "cells.md", content=cells))
    for name, members in groups().items():
        members = dict(sorted(members.items(), key=lambda pair: pair[0].lower()))
        content = interface(name, members)
        files.append(File.generated(config, f"api/{name}.md", content=content))
    return files


def gallery():
    """Return a page of all examples: what they say, their picture, their source."""
    parts = ["# Gallery\n\nOne script per idea; each runs on a laptop and draws with `--plot`.\n"]
    for path in sorted((ROOT / "examples").glob("*.py")):
        source = path.read_text(encoding="utf-8")
        said = ast.get_docstring(ast.parse(source)) or path.stem
        title, _, rest = said.partition("\n")
        picture = next(
            (f"{name}.png" for name in (path.stem, path.stem.split("_")[0])
             if (ROOT / "docs" / f"{name}.png").exists()),
            None,
        )  # fmt: skip
        parts.append(f"## {title.rstrip('.')}\n\n{rest.strip(chr(10))}\n")
        if picture:
            parts.append(f"![{title}]({picture})\n")
        parts.append(f"`examples/{path.name}`\n\n```python\n{source}```\n")
    return "\n".join(parts)


def groups():
    """Return public names by page: the package's own, and one page per public room."""
    out = {"neuromorph": {n: getattr(nm, n) for n in nm.__all__ if not inspect.ismodule(
        getattr(nm, n)) and n != "__version__"}}  # fmt: skip
    for room in ("circuits", "energy", "nir", "plot", "sweep", "workloads"):
        module = importlib.import_module(f"neuromorph.{room}")
        names = getattr(module, "__all__", None) or [
            name for name, thing in vars(module).items()
            if not name.startswith("_") and getattr(thing, "__module__", "") == module.__name__
        ]  # fmt: skip
        out[room] = {name: getattr(module, name) for name in sorted(names)}
    return out


def interface(title, members):
    """Return the page of one room."""
    door = "nm" if title == "neuromorph" else f"nm.{title}"
    said = nm.__doc__ if title == "neuromorph" else sys.modules[f"neuromorph.{title}"].__doc__
    parts = [f"# {door}\n\n{markdown(said or '')}\n"]
    for name, thing in members.items():
        parts.append(f"## {door}.{name}\n\n{entry(name, thing)}")
        if inspect.isclass(thing):
            for key, member in vars(thing).items():
                inner = member.__func__ if isinstance(member, classmethod) else member
                if not key.startswith("_") and inspect.isfunction(inner) and inner.__doc__:
                    parts.append(f"### {name}.{key}\n\n{entry(key, inner)}")
    return "\n".join(parts)


def entry(name, thing):
    """Return signature and docstring of one thing."""
    if not callable(thing):
        return f"`{type(thing).__name__}`: {', '.join(map(str, thing))[:400]}\n" if isinstance(
            thing, (dict, tuple, list)) else f"`{thing!r}`\n"  # fmt: skip
    try:
        signature = re.sub(r"'([^']*)'", quoted, str(inspect.signature(thing)))
    except (TypeError, ValueError):
        signature = "(...)"
    said = markdown(inspect.getdoc(thing) or "")
    return f"```text\n{wrapped(name + signature)}\n```\n\n{said}\n"


def quoted(match):
    """Return an annotation without its quotes; a short word in quotes is a value and keeps them."""
    inside = match[1]
    before = match.string[: match.start()]
    return inside if before.endswith((": ", "-> ")) else f"'{inside}'"


def wrapped(signature):
    """Break a long signature at its arguments."""
    if len(signature) <= 96:
        return signature
    return re.sub(r", (?=[\w*]+[:=,]|\*)", ",\n    ", signature.replace("(", "(\n    ", 1))


def markdown(doc):
    """Return a numpydoc docstring as Markdown."""
    doc = re.sub(r":(?:func|class|meth|mod):`~?([^`]*)`", r"`\1`", inspect.cleandoc(doc))
    doc = re.sub(r"``([^`]*)``", r"`\1`", doc)
    doc = re.sub(r"\.\. code-block:: \w+", "", doc)
    doc = re.sub(r"^(>>> |\.\.\. )", r"    \1", doc, flags=re.MULTILINE)
    pieces = SECTION.split(doc)
    out = [pieces[0]]
    for title, body in zip(pieces[1::2], pieces[2::2], strict=True):
        out.append(f"\n**{title}**\n")
        out.append(items(body) if title in ITEMS else body)
    return escaped("\n".join(out))


ITEMS = ("Parameters", "Attributes", "Returns", "Raises")


def items(body):
    """Return numpydoc entries (a line, then an indented text) as a list."""
    out = []
    for block in re.split(r"\n(?=\S)", body.strip("\n")):
        head, _, rest = block.partition("\n")
        text = " ".join(textwrap.dedent(rest).split())
        out.append(f"* `{head.replace('`', '')}` {text}")
    return "\n" + "\n".join(out) + "\n"


def escaped(text):
    """Escape ``<`` outside of code."""
    return re.sub(r"`[^`]*`|<", lambda m: "&lt;" if m[0] == "<" else m[0], text)
