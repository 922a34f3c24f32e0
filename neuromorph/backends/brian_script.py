"""The Brian2 objects of a network as a Python script that needs brian2 and numpy alone.

:class:`BrianObjects` makes its objects by way of the module it is given. Here that module is a
:class:`Scribe`, which writes down each call instead of making it.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np

from neuromorph import files, philox
from neuromorph.backends import brian_function, brian_plain
from neuromorph.backends.brian_objects import BrianObjects
from neuromorph.cells.exponential import POWERS, TAYLOR
from neuromorph.description import Network, Records, Stimuli
from neuromorph.description.discrete import discretise, steps

HEAD = '''"""Brian2 script of the network {name!r}: {seconds:g} s in steps of {dt:g} s, seed {seed}.

Written by neuromorph {version}; it needs brian2 and numpy alone. Arrays lie in {data!r} beside it.
    python {script} [--out spikes.npz]
"""

import argparse
import pathlib

import brian2
from brian2 import *

prefs.codegen.target = "numpy"
prefs.codegen.loop_invariant_optimisations = False  # it reorders sums
prefs.codegen.cpp.extra_compile_args_gcc = [
    "-O3", "-march=native", "-ffp-contract=off", "-fno-fast-math", "-std=c++11",
]
data = numpy.load(pathlib.Path(__file__).with_suffix(".npz"))
'''
TAIL = """

def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", metavar="FILE", help="write time [s] and index of all spikes")
    options = parser.parse_args()
    {network}.run({seconds!r}*second, namespace={{}})
    spikes = {{}}
    for name, monitor in monitors.items():
        spikes[name + ".time"] = numpy.asarray(monitor.t / second)
        spikes[name + ".index"] = numpy.asarray(monitor.i)
        print(f"{{name}}: {{monitor.num_spikes}} spikes")
    if options.out:
        numpy.savez_compressed(options.out, **spikes)


if __name__ == "__main__":
    main()
"""


class Text:
    """An expression of the script; arithmetic makes longer expressions."""

    __array_ufunc__ = None  # an array times a unit is written, not computed
    scribe: Scribe
    text: str

    def __init__(self, scribe: Scribe, text: str) -> None:
        self.__dict__.update(scribe=scribe, text=text)

    def __mul__(self, other: Any) -> Text:
        return self._join(self, "*", other)

    def __rmul__(self, other: Any) -> Text:
        return self._join(other, "*", self)

    def __truediv__(self, other: Any) -> Text:
        return self._join(self, "/", other)

    def __rtruediv__(self, other: Any) -> Text:
        return self._join(other, "/", self)

    def _join(self, left: Any, sign: str, right: Any) -> Text:
        write = self.scribe.write
        return Text(self.scribe, f"({write(left)}{sign}{write(right)})")

    def __getattr__(self, name: str) -> Text:
        return Text(self.scribe, f"{self.text}.{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        self.scribe.lines.append(f"{self.text}.{name} = {self.scribe.write(value)}")

    def __call__(self, *given: Any, **named: Any) -> Text:
        arguments = [self.scribe.write(x) for x in given]
        arguments += [f"{name}={self.scribe.write(x)}" for name, x in named.items()]
        return self.scribe.keep(f"{self.text}({', '.join(arguments)})")


class Scribe:
    """Stands for the module brian2: names become text, calls become lines of a script."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.arrays: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Text:
        return Text(self, name)

    def keep(self, call: str) -> Text:
        """Write a call down and return the name that its result has in the script."""
        name = f"x{len(self.lines)}"
        self.lines.append(f"{name} = {call}")
        return Text(self, name)

    def write(self, value: Any) -> str:
        """Return the text of an argument; arrays go beside the script."""
        if isinstance(value, Text):
            return value.text
        if isinstance(value, np.ndarray) and value.ndim:
            name = f"a{len(self.arrays)}"
            self.arrays[name] = np.ascontiguousarray(value)
            return f"data[{name!r}]"
        if isinstance(value, (np.generic, np.ndarray)):
            return repr(value.item())
        if isinstance(value, dict):
            return "{" + ", ".join(f"{k!r}: {self.write(v)}" for k, v in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(self.write(v) for v in value) + "]"
        return repr(value)


def to_brian2_script(
    network: Network,
    stimulus: Stimuli,
    path: str | Path,
    *,
    duration: float,
    dt: float = 1e-4,
    seed: int = 0,
    record: Records | None = None,
) -> Path:
    """Write a network and its stimulus as a Brian2 script that runs without this package.

    The spikes are those of ``nm.run(..., backend="brian2")``. Arrays go into an .npz file of the
    same name beside it.

    Parameters
    ----------
    network, stimulus, duration, dt, seed, record
        As for :func:`neuromorph.run`.
    path : str or Path
        Ends with .py.

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        ``path`` does not end with .py, or Brian2 does not run the network.
    """
    from neuromorph import __version__
    from neuromorph.backends.brian_export import check

    path = Path(path)
    if path.suffix != ".py":
        raise ValueError(f"to_brian2_script: path {str(path)!r} came, a name ending with .py is "
                         "allowed")  # fmt: skip
    check(network, stimulus, record or {})
    scribe, count = Scribe(), steps(duration, dt)
    names = list(brian_function.functions())
    known = {name: Text(scribe, f"FUNCTIONS[{name!r}]") for name in names}
    built = BrianObjects(
        discretise(network, dt), stimulus, count, seed, record or {}, b2=scribe, known=known
    )
    head = HEAD.format(name=network.name, seconds=duration, dt=dt, seed=seed,
                       version=__version__, data=path.with_suffix(".npz").name,
                       script=path.name)  # fmt: skip
    held = {name: built.monitors[name] for name in built.monitors}
    text = "\n".join([
        head, _functions(), *scribe.lines, f"monitors = {scribe.write(held)}",
        f"samplers = {scribe.write(dict(built.samplers))}",
        TAIL.format(network=built.network.text, seconds=count * dt),
    ])  # fmt: skip
    files.write(path.with_suffix(".npz"), lambda file: np.savez_compressed(file, **scribe.arrays))
    return files.write(path, lambda file: file.write(text.encode("utf-8")))


def _functions() -> str:
    """Return the text that defines the functions of the reference."""
    source = inspect.getsource(brian_plain)
    body = source.split("import numpy as np\n", 1)[1]
    body = body.replace("TAYLOR: tuple[float, ...] = ()  # filled in by the writer\n",
                        f"TAYLOR = {TAYLOR!r}\n")  # fmt: skip
    body = body.replace("POWERS: tuple[float, ...] = ()\n", f"POWERS = {POWERS!r}\n")
    body = body.replace("NORMAL: tuple[float, ...] = ()\n", f"NORMAL = {philox.NORMAL!r}\n")
    table = {
        name: (len(made._arg_units), _code(made, "cpp"), _code(made, "cython"))
        for name, made in brian_function.functions().items()
    }
    return f'''import math
import numpy
import numpy as np
from typing import Any
{body}

def function(name, arguments, cpp, cython):
    made = Function(globals()[name], arg_units=[1]*arguments, return_unit=1,
                    arg_types=["any"]*arguments, return_type="float", stateless=True)
    for target, code in (("numpy", globals()[name]), ("cpp", cpp), ("cython", cython)):
        made.implementations.add_implementation(target, code)
    return made


FUNCTIONS = {{name: function(name, *given) for name, given in {table!r}.items()}}
'''


def _code(function: Any, target: str) -> str:
    code = function.implementations._implementations[target]._code
    return code if isinstance(code, str) else ""
