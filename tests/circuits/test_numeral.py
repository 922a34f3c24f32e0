import numpy as np

from neuromorph.circuits.numeral import rows


def written(values):
    text = b"".join(rows([np.array(values), np.zeros(len(values))], ",")).decode()
    return [line.split(",")[0] for line in text.splitlines()]


def test_numbers_are_written_as_the_c_library_writes_them():
    """Against Python's own correctly rounded '%.8e', from 1e-300 to 1e300 and at the edges."""
    draw = np.random.default_rng(1)
    values = draw.standard_normal(3000) * 10.0 ** draw.uniform(-300, 300, 3000)
    values = [*values.tolist(), 0.0, 1.0, 10.0, 0.1, 1e-13, 999999999.5, 9.999999996e-5,
              9.99999999949e-5, 1.7e308, 2.3e-308, 1e22]
    assert written(values) == [f"{x:.8e}" for x in values]


def test_numbers_without_digits():
    assert written([float("nan"), float("inf"), -float("inf"), 5e-324]) == [
        "nan", "inf", "-inf", "0.00000000e+00"]


def test_separator_rows_and_blocks():
    text = b"".join(rows([np.arange(50000.0), -np.arange(50000.0)], " "))
    table = np.fromstring(text.decode(), sep=" ").reshape(-1, 2)
    np.testing.assert_array_equal(table, np.column_stack([np.arange(50000), -np.arange(50000)]))
