import numpy as np
import pytest

from neuromorph.sweep import Plan, grid


def test_a_grid_is_every_combination_the_last_axis_fastest():
    plan = grid({"a": [1, 2], "b": ["x", "y", "z"]})
    assert [(p["a"], p["b"]) for p in plan] == [
        (1, "x"), (1, "y"), (1, "z"), (2, "x"), (2, "y"), (2, "z"),
    ]  # fmt: skip
    assert [p.index for p in plan] == list(range(6))


def test_repeats_are_told_apart_by_parameter_and_seed():
    plan = grid({"a": [1, 2]}, repeats=3)
    assert [p.parameters for p in plan][1] == {"a": 1, "repeat": 1}
    assert len({p.seed for p in plan}) == 6


def test_seeds_are_numpys_own_spawned_children():
    plan = grid({"a": range(5)}, seed=1234)
    children = np.random.SeedSequence(1234).spawn(5)
    for point, child in zip(plan, children, strict=True):
        assert point.seed == int(child.generate_state(1, np.uint64)[0])
        assert point.rng().normal() == np.random.default_rng(child).normal()


def test_the_hash_sees_all_that_decides_the_results():
    plans = [
        grid({"a": [1, 2]}),
        grid({"a": [1, 3]}),
        grid({"a": [2, 1]}),
        grid({"a": [1, 2]}, seed=1),
        grid({"a": [1, 2]}, settings={"deck": "f00"}),
    ]
    assert len({plan.hash for plan in plans}) == len(plans)
    assert grid({"a": np.arange(1, 3)}).hash == plans[0].hash


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        ({1, 2}, TypeError, "point 0, 'a': set came"),
        (float("nan"), ValueError, "nan came, finite numbers are allowed"),
        ({3: 1}, TypeError, "key 3 came, a text is allowed"),
    ],
)
def test_parameters_are_plain_values(value, error, text):
    with pytest.raises(error, match=text):
        Plan(parameters=[{"a": value}])


def test_wrong_plans_are_refused():
    with pytest.raises(ValueError, match="seed: -1 came"):
        Plan(parameters=[], seed=-1)
    with pytest.raises(TypeError, match="point 0: int came, a dict is allowed"):
        Plan(parameters=[3])
    with pytest.raises(ValueError, match="repeats: 0 came"):
        grid({}, repeats=0)
    with pytest.raises(ValueError, match="axis 'repeat'"):
        grid({"repeat": [1]}, repeats=2)
