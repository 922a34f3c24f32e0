"""SI prefixes, physical constants, and the one door for quantities with units.

Everything inside the package is an SI float. A unit here is therefore just its factor:
``20 * ms == 0.02``. Brian2 quantities are accepted at the edge by :func:`si`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

s, ms, us, ns, ps, fs = 1.0, 1e-3, 1e-6, 1e-9, 1e-12, 1e-15
Hz, kHz, MHz, GHz = 1.0, 1e3, 1e6, 1e9
V, mV, uV = 1.0, 1e-3, 1e-6
A, mA, uA, nA, pA = 1.0, 1e-3, 1e-6, 1e-9, 1e-12
ohm, kohm, Mohm = 1.0, 1e3, 1e6
S, mS, uS, nS = 1.0, 1e-3, 1e-6, 1e-9
H, nH, pH, fH = 1.0, 1e-9, 1e-12, 1e-15
F, nF, pF, fF = 1.0, 1e-9, 1e-12, 1e-15
J, uJ, nJ, pJ, fJ, aJ = 1.0, 1e-6, 1e-9, 1e-12, 1e-15, 1e-18
K = 1.0

PHI0 = 2.067833848461929e-15  #: magnetic flux quantum h/2e [Wb], exact in SI since 2019
BOLTZMANN = 1.380649e-23  #: [J/K], exact in SI since 2019

_DIMENSIONS = {"s": "second", "V": "volt", "A": "amp", "ohm": "ohm", "Hz": "hertz", "F": "farad",
               "S": "siemens", "1": None}


def si(value: Any, unit: str, where: str) -> float | NDArray[np.float64]:
    """Return ``value`` as SI float(s), checking the dimension of a Brian2 quantity.

    Parameters
    ----------
    value : float, array_like or brian2.Quantity
        A bare number is taken to be in SI already.
    unit : str
        Expected unit: ``"s"``, ``"V"``, ``"A"``, ``"ohm"``, ``"Hz"``, ``"F"``, ``"S"`` or ``"1"``.
    where : str
        Object and field, for the error's text.

    Raises
    ------
    TypeError
        The value is not a number, or a quantity of another dimension.
    """
    for part in value if isinstance(value, (list, tuple)) else (value,):
        if hasattr(part, "dim"):
            _check_dimension(part, unit, where)
    try:
        array = np.array(value)
        if array.dtype.kind in "USO":
            raise TypeError
        array = array.astype(np.float64, casting="same_kind")
    except (TypeError, ValueError):
        raise TypeError(
            f"{where}: {value!r} came, a number or an array of numbers in {unit} is allowed"
        ) from None
    return float(array) if array.ndim == 0 else array


def _check_dimension(value: Any, unit: str, where: str) -> None:
    import brian2

    name = _DIMENSIONS[unit]
    wanted = brian2.DIMENSIONLESS if name is None else getattr(brian2, name).dim
    if value.dim is not wanted:
        raise TypeError(f"{where}: a quantity in {value.get_best_unit()} came, {unit} is allowed")


def engineering(value: float, unit: str, digits: int = 3) -> str:
    """Format ``value`` with an SI prefix: ``engineering(5.17e-19, "J") == "517 zJ"``."""
    if value == 0 or not np.isfinite(value):
        return f"{value:g} {unit}"
    prefixes = "qryzafpnum kMGTPEZYRQ"
    power = int(np.floor(np.log10(abs(value)) / 3))
    power = max(-10, min(10, power))
    scaled = value / 1000.0**power
    if float(f"{abs(scaled):.{digits}g}") >= 1000 and power < 10:
        power, scaled = power + 1, scaled / 1000
    prefix = prefixes[power + 10].strip()
    return f"{scaled:.{digits}g} {prefix}{unit}"
