"""Output gates against their formulas."""

import math

import pytest

from neuromorph.cooperative.gate import HALF_NORMAL, LINEAR, RELU, RELU6, gate


@pytest.mark.parametrize(("code", "u", "expected"), [
    (LINEAR, -2.0, (-2.0, 1.0)), (RELU, -2.0, (0.0, 0.0)), (RELU, 7.0, (7.0, 1.0)),
    (RELU6, 7.0, (6.0, 0.0)), (RELU6, 3.0, (3.0, 1.0)), (HALF_NORMAL, -1.0, (0.0, 0.0)),
])  # fmt: skip
def test_values(code, u, expected):
    assert gate(code, u, 1.0) == expected


@pytest.mark.parametrize("u", [0.1, 0.9, 4.0])
def test_half_normal_value_and_slope(u):
    sigma, h = 0.8, 1e-6
    y, slope = gate(HALF_NORMAL, u, sigma)
    assert y == pytest.approx(u * (1 - math.exp(-(u**2) / (2 * sigma**2))), rel=1e-12)
    central = (gate(HALF_NORMAL, u + h, sigma)[0] - gate(HALF_NORMAL, u - h, sigma)[0]) / (2 * h)
    assert slope == pytest.approx(central, rel=1e-6)
