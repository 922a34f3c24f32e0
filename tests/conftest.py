"""What all tests share: outside references by import, and small networks."""

import sys
from pathlib import Path

import hypothesis
import pytest

sys.path[:0] = [str(Path(__file__).parent / "reference"), str(Path(__file__).parent / "fpga")]

hypothesis.settings.register_profile(
    "fixed",
    derandomize=True,
    deadline=None,
    max_examples=30,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("fixed")


@pytest.fixture(scope="session")
def random_network():
    """1,000 LIF cells, recurrent, with delays, refractory times and stochastic inputs."""
    import numpy as np

    import neuromorph as nm

    rng = np.random.default_rng(7)
    n = 1000
    recurrent = nm.fixed_probability(n, n, 0.02, 0.03, seed=2)
    cell = nm.LIF(
        tau_m=20e-3, v_th=1.0, v_reset=0.0, refractory=rng.integers(0, 30, n) * 1e-4
    )
    return nm.Network(
        name="random",
        populations=(
            nm.Population(name="in", n=100, cell=nm.Source()),
            nm.Population(name="a", n=n, cell=cell),
        ),
        projections=(
            nm.Projection(
                source="in", target="a", weights=nm.fixed_probability(100, n, 0.1, 0.2, seed=1),
                probability=0.7,
            ),
            nm.Projection(
                source="a", target="a", weights=recurrent,
                delay=rng.integers(5, 50, recurrent.n_synapse) * 1e-4,
            ),
        ),
    )  # fmt: skip
