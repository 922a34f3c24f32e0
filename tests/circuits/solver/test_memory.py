"""What a large deck takes of memory."""

import subprocess
import sys
from pathlib import Path

import pytest

from neuromorph.circuits.cell import library

CODE = """
import sys
from pathlib import Path
from click.testing import CliRunner
from neuromorph.cli.simulate_command import command
run = CliRunner().invoke(command, sys.argv[1:])
held = next(x for x in Path("/proc/self/status").read_text().splitlines() if x[:6] == "VmHWM:")
sys.stdout.write(f"{run.exit_code} {held.split()[1]}\\n{run.output}")
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_ten_thousand_junctions_over_a_nanosecond_stay_below_a_gigabyte(tmp_path):
    """The whole command: reading, 20,000 steps of 0.05 ps, pulses of all junctions, CSV."""
    stages = "\n".join(f"X{k} jtl {k} {k + 1}" for k in range(1, 5001))
    printed = " ".join(f"p(B1.X{k})" for k in range(1, 5001, 500))
    (tmp_path / "chain.cir").write_text(
        f"* chain\n{library.process()}{library.cell('jtl')}"
        f"I1 0 1 pulse(0 600u 20p 3p 3p 0.1p 50p)\n{stages}\nR1 5001 0 2\n"
        f".tran 0.05p 1000p\n.print {printed}\n.end\n")
    run = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path / "chain.cir"), "-o", str(tmp_path / "out.csv")],
        check=True, capture_output=True, text=True)
    code, kilobytes = map(int, run.stdout.splitlines()[0].split())
    assert code == 0, run.stdout
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 20002
    assert kilobytes < 1e9 / 1024, run.stdout
