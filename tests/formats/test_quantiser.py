import numpy as np
import pytest
from scipy import stats

from neuromorph.formats import E4M3, FORMATS, INT8, Quantiser, best_scale, fitted


def test_a_uniform_tensor_has_the_error_of_a_uniform_step():
    x = np.linspace(-1, 1, 200_001)
    quantiser = fitted(INT8, x, how="largest")
    assert quantiser.scale == pytest.approx(1 / 127)
    assert quantiser.error(x) == pytest.approx(quantiser.scale**2 / 12, rel=1e-3)


def test_the_fitted_scale_clips_outliers_where_that_pays():
    rng = np.random.default_rng(1)
    x = np.concatenate((rng.normal(size=10_000), [40.0]))
    least, whole = fitted(INT8, x), fitted(INT8, x, how="largest")
    assert least.error(x) <= whole.error(x)
    normal = rng.normal(size=50_000)
    assert fitted(INT8, normal).scale < fitted(INT8, normal, how="largest").scale
    assert fitted(E4M3, x).error(x) < 1.05 * whole.error(x)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("law", ["uniform", "normal", "heavy"])
def test_a_large_tensor_gets_the_scale_of_its_density_or_a_better_one(name, law):
    """The few values far out are seen in a tensor of 60,000 too."""
    density = {"uniform": stats.uniform(-1, 2), "normal": stats.norm(), "heavy": stats.t(3)}[law]
    x = density.rvs(60_000, random_state=np.random.default_rng(3))
    known = Quantiser(format=FORMATS[name], scale=best_scale(FORMATS[name], density))
    assert fitted(FORMATS[name], x).error(x) < 1.1 * known.error(x)


def test_nothing_and_nonsense():
    assert fitted(INT8, np.zeros(3))(np.zeros(3)).tolist() == [0.0, 0.0, 0.0]
    with pytest.raises(ValueError, match="fitted: no values"):
        fitted(INT8, [np.nan])
    with pytest.raises(ValueError, match="how='best' came"):
        fitted(INT8, [1.0], how="best")
    with pytest.raises(ValueError, match=r"Quantiser.scale: 0.0 came"):
        Quantiser(format=INT8, scale=0.0)
