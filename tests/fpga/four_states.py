"""A second simulator, iverilog, whose signals may be unknown: plays packets into a core."""

import subprocess

from neuromorph import _res
from neuromorph.fpga import rtl

FPGA = _res.root() / "fpga"


def play(folder, packets, parameters, *, cooperative=False):
    """Return the words that came back and the cycles; nothing that came back was unknown."""
    lines = []
    for words in packets:
        lines += [f"0{w:08x}" for w in words[:-1].tolist()] + [f"1{int(words[-1]):08x}"]
    (folder / "words.hex").write_text("\n".join(lines))
    chosen = [f"-Pstream_tb.{k}={v}" for k, v in {**parameters, "COUNT": len(lines)}.items()]
    sources = [str(path) for path in rtl.sources() if path.suffix == ".v"]
    subprocess.run(
        ["iverilog", "-g2001", "-o", "tb", f"-I{FPGA / 'rtl'}",
         *(["-DCOOPERATIVE"] if cooperative else []), *chosen, str(FPGA / "tb" / "stream_tb.v"),
         *sources],
        cwd=folder, check=True,
    )  # fmt: skip
    out = subprocess.run(["vvp", "tb"], cwd=folder, check=True, capture_output=True, text=True)
    assert "unknown" not in out.stdout
    said = out.stdout.split()
    words = [int(x, 16) for x in said if len(x) == 8 and "=" not in x]
    return words, int(next(x for x in said if x.startswith("cycles="))[7:])
