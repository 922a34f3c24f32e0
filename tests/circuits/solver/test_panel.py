"""The solve by panels against numpy's, on chains, trees and meshes."""

import numpy as np
import pytest

from neuromorph.circuits.solver.factor import SingularError
from neuromorph.circuits.solver.panel import WIDTH, panel_solve, panels, room


def graph(kind, n, rng):
    if kind == "chain":
        return [(i, i + 1) for i in range(n - 1)]
    if kind == "tree":
        return [(i, int(rng.integers(max(0, i - 12), i))) for i in range(1, n)]
    return [(i, j) for i in range(n) for j in (i + 1, i + 10) if j < n]


def rows_of(kind, n, rng):
    rows = [{i: 0.1} for i in range(n)]
    for i, j in graph(kind, n, rng):
        x = float(rng.uniform(0.2, 2.0))
        rows[i][i] += x
        rows[j][j] += x
        rows[i][j] = rows[j][i] = -x
    return rows


@pytest.mark.parametrize("kind", ["chain", "tree", "mesh"])
@pytest.mark.parametrize("n", [1, 16, 17, 300])
def test_solves_as_a_dense_matrix_does(kind, n):
    rng = np.random.default_rng(n)
    rows = rows_of(kind, n, rng)
    full = np.array([[row.get(j, 0.0) for j in range(n)] for row in rows])
    f = panels(rows)
    right, new = np.append(rng.standard_normal(n), 0.0), np.zeros(n + 1)
    panel_solve(f, room(f, np.arange(n), n + 1), right, new)
    np.testing.assert_allclose(new[:n], np.linalg.solve(full, right[:n]), rtol=1e-9, atol=1e-10)
    assert sorted([*f.row[f.row < n], *f.cut]) == list(range(n))


def test_many_separators_are_substituted():
    n = 6000
    rows = [{j: (2.5 if i == j else -1.0) for j in (i - 1, i, i + 1) if 0 <= j < n}
            for i in range(n)]
    f = panels(rows)
    own = room(f, np.arange(n), n + 1)
    assert f.cut.size > 256
    assert own.dense.size == 0
    right, new = np.append(np.random.default_rng(0).standard_normal(n), 0.0), np.zeros(n + 1)
    panel_solve(f, own, right, new)
    x = new[:n]
    image = 2.5 * x - np.append(x[1:], 0.0) - np.append(0.0, x[:-1])
    np.testing.assert_allclose(image, right[:n], rtol=1e-9, atol=1e-10)


def test_a_chain_needs_one_separator_per_panel_and_keeps_equal_panels_once():
    rows = [{j: (2.5 if i == j else -1.0) for j in (i - 1, i, i + 1) if 0 <= j < 1700}
            for i in range(1700)]
    f = panels(rows)
    assert f.cut.size <= 1700 / WIDTH
    assert f.inverse.size <= 4 * WIDTH**2


def test_an_indefinite_matrix_is_refused():
    rows = [{j: (-2.5 if i == j else -1.0) for j in (i - 1, i, i + 1) if 0 <= j < 40}
            for i in range(40)]
    with pytest.raises(SingularError):
        panels(rows)
