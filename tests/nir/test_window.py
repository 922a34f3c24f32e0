"""Windows of NIR as matrices, against scipy's correlation and numpy's means."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate

from neuromorph.nir.window import window


class Conv2d(SimpleNamespace):
    pass


class Conv1d(SimpleNamespace):
    pass


class AvgPool2d(SimpleNamespace):
    pass


class SumPool2d(SimpleNamespace):
    pass


def spread(kernel, dilation):
    """The kernel with zeros between its entries."""
    wide = np.zeros([dilation * (n - 1) + 1 for n in kernel.shape])
    wide[tuple(slice(None, None, dilation) for _ in kernel.shape)] = kernel
    return wide


def correlated(x, node, padding):
    """What torch computes, by scipy: channels first, groups, stride, dilation."""
    outs = []
    per_group = node.weight.shape[1]
    in_group = node.weight.shape[0] // node.groups
    for o, kernels in enumerate(node.weight):
        first = (o // in_group) * per_group
        total = sum(
            correlate(np.pad(x[first + c], padding), spread(k, node.dilation), mode="valid")
            for c, k in enumerate(kernels)
        )
        outs.append(total[tuple(slice(None, None, node.stride) for _ in total.shape)])
    return np.array(outs) + np.reshape(node.bias, (-1, *[1] * (x.ndim - 1)))


@settings(deadline=None, max_examples=60, derandomize=True)
@given(
    d=st.sampled_from([1, 2]), groups=st.sampled_from([1, 2]), stride=st.integers(1, 3),
    padding=st.sampled_from([0, 1, 2, "same", "valid"]), dilation=st.integers(1, 2),
    size=st.integers(5, 8), seed=st.integers(0, 99),
)  # fmt: skip
def test_convolution(d, groups, stride, padding, dilation, size, seed):
    rng = np.random.default_rng(seed)
    stride = 1 if padding == "same" else stride  # as torch has it
    weight = rng.normal(size=(2 * groups, 2, *[3] * d))
    kind = Conv1d if d == 1 else Conv2d
    node = kind(weight=weight, bias=rng.normal(size=2 * groups), stride=stride, padding=padding,
                dilation=dilation, groups=groups, input_shape=None)  # fmt: skip
    x = rng.normal(size=(2 * groups, size, size + 1)[: 1 + d])
    made = window(node, x.shape)
    pad = {"same": dilation, "valid": 0}.get(padding, padding)
    wanted = correlated(x, node, pad)
    assert made.made == wanted.shape
    got = x.ravel() @ made.matrix() + made.constant()
    np.testing.assert_allclose(got, wanted.ravel(), atol=1e-12)


@pytest.mark.parametrize(("kind", "factor"), [(AvgPool2d, 1.0), (SumPool2d, 6.0)])
def test_pool(kind, factor):
    x = np.random.default_rng(1).normal(size=(3, 4, 6))
    node = kind(kernel_size=np.array([2, 3]), stride=np.array([2, 3]), padding=np.array([0, 0]))
    made = window(node, x.shape)
    wanted = factor * x.reshape(3, 2, 2, 2, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(x.ravel() @ made.matrix(), wanted.ravel(), atol=1e-14)


def test_a_window_larger_than_its_input_is_refused():
    node = AvgPool2d(kernel_size=np.array([5, 5]), stride=np.array([1, 1]),
                     padding=np.array([0, 0]))  # fmt: skip
    with pytest.raises(ValueError, match=r"AvgPool2d: kernel \(3, 1, 5, 5\) in 3 groups came"):
        window(node, (3, 4, 4))
