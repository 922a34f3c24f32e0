"""The register map: read from ``fpga/registers.json``, written as Verilog, Python and a table.

``python -m neuromorph.fpga.register_map`` writes the three files again; a test holds that they
agree with the map.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from neuromorph import _res, files

HEADER = "fpga/rtl/registers.vh"
CONSTANTS = "neuromorph/fpga/register.py"
TABLE = "docs/registers.md"
CORES = ("spiking_core.v", "cooperative_core.v")  #: whose headers define words and records
NOTE = "Generated from fpga/registers.json by neuromorph.fpga.register_map: do not edit."


def read() -> dict[str, Any]:
    """Return the map as it stands in ``fpga/registers.json``."""
    text = (_res.root() / "fpga" / "registers.json").read_text(encoding="utf-8")
    out: dict[str, Any] = json.loads(text)
    return out


def check(register_map: dict[str, Any]) -> None:
    """Check that no two registers share a word and no two fields a bit.

    Raises
    ------
    ValueError
        They do, or an offset is not a multiple of 4 or beyond the map.
    """
    taken: dict[int, str] = {}
    for register in register_map["registers"]:
        name, offset = register["name"], register["offset"]
        for word in range(offset, offset + 4 * register.get("words", 1), 4):
            if word % 4 or word >= register_map["bytes"] or word in taken:
                raise ValueError(
                    f"register {name}: offset {word} came, a free multiple of 4 below "
                    f"{register_map['bytes']} is allowed ({taken.get(word, 'beyond the map')})"
                )
            taken[word] = name
        bits = 0
        for field in register.get("fields", ()):
            mask = _mask(field) << field["low"]
            if bits & mask or not 0 <= field["low"] <= field["high"] <= 31:
                raise ValueError(
                    f"register {name}, field {field['name']}: bits {field['high']}..{field['low']} "
                    "came, free bits of 31..0 are allowed"
                )
            bits |= mask


def digest(register_map: dict[str, Any]) -> str:
    """Return a digest of the interface: registers less their prose, stream words, records."""
    registers = [
        [r["name"], r["offset"], r["access"], r.get("words", 1),
         [[f["name"], f["low"], f["high"]] for f in r.get("fields", ())]]
        for r in register_map["registers"]
    ]  # fmt: skip
    out = hashlib.sha256(json.dumps(registers).encode())
    for name in CORES:
        text = (_res.root() / "fpga" / "rtl" / name).read_text(encoding="utf-8")
        out.update(text[: text.index("\nmodule ")].encode())
    return out.hexdigest()[:16]


def version(register_map: dict[str, Any]) -> tuple[int, int]:
    """Return the version of the interface, major and minor.

    Raises
    ------
    ValueError
        Versions do not rise, or the interface changed since the last one.
    """
    held = register_map["versions"]
    numbers = [tuple(map(int, entry["version"].split("."))) for entry in held]
    if numbers != sorted(set(numbers)) or any(len(number) != 2 for number in numbers):
        raise ValueError(f"versions: {[e['version'] for e in held]} came, rising MAJOR.MINOR is "
                         "allowed")  # fmt: skip
    found = digest(register_map)
    if held[-1]["digest"] != found:
        raise ValueError(
            f"versions: the interface has digest {found}, version {held[-1]['version']} has "
            f"{held[-1]['digest']}: add a version by the rule in fpga/registers.json (or, if only "
            "words of a header changed, write the digest there)"
        )
    return numbers[-1][0], numbers[-1][1]


def _mask(field: dict[str, Any]) -> int:
    return int(1 << (field["high"] - field["low"] + 1)) - 1


def verilog(register_map: dict[str, Any]) -> str:
    """Return the Verilog header: ``REG_NAME`` is the word's number, fields by low bit."""
    major, minor = version(register_map)
    lines = [f"// {NOTE}", "`ifndef NEUROMORPH_REGISTERS", "`define NEUROMORPH_REGISTERS",
             f"`define INTERFACE_VERSION 32'h{major << 16 | minor:08X}"]  # fmt: skip
    for register in register_map["registers"]:
        name = register["name"]
        lines.append(f"`define REG_{name} {register['offset'] // 4}")
        for field in register.get("fields", ()):
            lines.append(f"`define BIT_{name}_{field['name']} {field['low']}")
    return "\n".join([*lines, "`endif", ""])


def constants(register_map: dict[str, Any]) -> str:
    """Return the Python module: offsets in bytes, fields as (low bit, mask)."""
    lines = [
        '"""Registers of the cores: byte offsets and fields.',
        "",
        NOTE,
        '"""',
        "",
        "from __future__ import annotations",
        "",
        f"BYTES = {register_map['bytes']}",
        "#: Of the interface, major and minor.",
        f"VERSION = {version(register_map)}",
        "",
        "#: Byte offset and number of 32-bit words of each register.",
        "REGISTERS: dict[str, tuple[int, int]] = {",
    ]
    for register in register_map["registers"]:
        lines.append(
            f'    "{register["name"]}": (0x{register["offset"]:02X}, {register.get("words", 1)}),'
        )
    lines += ["}", "", "#: Low bit and mask of each field."]
    lines.append("FIELDS: dict[str, tuple[int, int]] = {")
    for register in register_map["registers"]:
        for field in register.get("fields", ()):
            key = f"{register['name']}.{field['name']}"
            lines.append(f'    "{key}": ({field["low"]}, 0x{_mask(field):X}),')
    return "\n".join([*lines, "}", ""])


def table(register_map: dict[str, Any]) -> str:
    """Return the table for the documentation, in Markdown."""
    lines = [
        "# Registers of the cores",
        "",
        f"<!-- {NOTE} -->",
        "",
        "32-bit words over AXI-Lite; a register of 64 bits has its low word first.",
        "",
        "| offset | register | access | bits | meaning |",
        "|---|---|---|---|---|",
    ]
    for register in register_map["registers"]:
        bits = "63..0" if register.get("words", 1) == 2 else "31..0"
        where = f"| 0x{register['offset']:02X} | {register['name']} | {register['access']} "
        lines.append(f"{where}| {bits} | {register['text']} |")
        for field in register.get("fields", ()):
            span = f"{field['high']}..{field['low']}"
            lines.append(f"| | {field['name']} | | {span} | {field['text']} |")
    lines += ["", "## Versions", "", register_map["rule"], "", "| version | what changed |",
              "|---|---|"]  # fmt: skip
    lines += [f"| {e['version']} | {e['change']} |" for e in register_map["versions"]]
    return "\n".join([*lines, ""])


def generated() -> dict[str, str]:
    """Return the text of every generated file by its path in the checkout."""
    register_map = read()
    check(register_map)
    return {
        HEADER: verilog(register_map),
        CONSTANTS: constants(register_map),
        TABLE: table(register_map),
    }


def write(top: Path) -> None:
    """Write every generated file under ``top``, the root of the checkout."""
    for path, text in generated().items():
        files.write_text(top / path, text)


if __name__ == "__main__":
    write(_res.root())
