"""The scikit-learn estimators: scikit-learn's own checks, real series, and the way on to a deployment."""

import pickle

import numpy as np
import pytest
from sklearn.model_selection import cross_val_score
from sklearn.utils.estimator_checks import estimator_checks_generator

import lava_ahp
from lava_ahp import Classifier, Regressor
from lava_ahp.errors import DataError, DataWarning

from support.ucr import ucr

#: Checks of scikit-learn that do not apply to time series, and why.
DO_NOT_APPLY = {
    "check_classifiers_train": "asks for an accuracy on points in the plane, which are series of two steps here",
    "check_regressors_train": "asks for R2 above 0.5 on points in ten dimensions, which are series of ten steps here",
    "check_classifier_data_not_an_array": "half of it is about pandas, which is no dependency",
    "check_dataframe_column_names_consistency": "is about pandas, which is no dependency",
}


def small():
    return Classifier(epochs=2, hidden=[8])


def small_regressor():
    return Regressor(epochs=2, hidden=[8])


def ramps(samples=120, steps=30, seed=0):
    rng = np.random.default_rng(seed)
    y = np.where(np.arange(samples) % 2, "up", "down")
    x = np.where(y == "up", 1, -1)[:, None] * np.linspace(-1, 1, steps) + rng.normal(0, 0.3, (samples, steps))
    return x, y


def checks():
    """All that apply to classifiers, and what regressors have beside them: the two share the rest."""
    seen = set(DO_NOT_APPLY)
    for make in (small, small_regressor):
        found = [check for _, check in estimator_checks_generator(make()) if check.func.__name__ not in seen]
        seen |= {check.func.__name__ for check in found}
        for check in found:
            yield pytest.param(make, check, id=f"{type(make()).__name__}-{check.func.__name__}")


@pytest.mark.parametrize(("make", "check"), checks())
def test_scikit_learn(make, check):
    check(make())


@pytest.fixture(scope="module")
def fitted():
    return Classifier(epochs=10, hidden=[40]).fit(*ramps())


def test_it_learns_and_predicts_what_the_chip_would(fitted):
    x, y = ramps(seed=1)
    assert fitted.score(x, y) > 0.9
    assert fitted.classes_.tolist() == ["down", "up"]
    decision = fitted.decision_function(x)
    assert decision.shape == (120,)
    np.testing.assert_array_equal(fitted.predict(x), fitted.classes_[(decision > 0).astype(int)])
    np.testing.assert_allclose(fitted.predict_proba(x).sum(axis=1), 1)
    found = lava_ahp.evaluate(fitted.network_, x, y)
    np.testing.assert_array_equal(fitted.classes_[found.predictions], fitted.predict(x))
    # One channel may have an axis of its own.
    np.testing.assert_array_equal(fitted.predict(x[..., None]), fitted.predict(x))


def test_it_survives_a_pickle(fitted):
    x, _ = ramps(seed=2)
    again = pickle.loads(pickle.dumps(fitted))
    assert again.network_ == fitted.network_
    np.testing.assert_array_equal(again.decision_function(x), fitted.decision_function(x))


def test_it_goes_on_to_a_deployment(fitted, tmp_path):
    x, y = ramps(seed=3)
    result = fitted.deploy_(x, y, out=tmp_path / "run", samples=2)
    assert result.exact
    assert result.whole.accuracy == fitted.score(x, y)
    assert (tmp_path / "run" / "report.html").is_file()
    assert lava_ahp.read(tmp_path / "run" / "network.net").connections == fitted.network_.connections
    assert "forward pass" in repr(result)
    assert "<table" in result._repr_html_()


def test_cross_validation():
    x, y = ramps()
    assert cross_val_score(Classifier(epochs=10, hidden=[40]), x, y, cv=2).mean() > 0.8


def test_bad_input_is_a_value_error(fitted):
    x, y = ramps()
    with pytest.raises(ValueError, match="one class"):
        small().fit(x, np.zeros(len(x)))
    with pytest.raises(DataError, match=r"training\.epochs"):
        Classifier(epochs=0).fit(x, y)
    with pytest.raises(ValueError, match="features"):
        fitted.predict(x[:, :-1])


def test_data_far_from_those_it_was_fitted_to_are_warned_of(fitted):
    x, _ = ramps(seed=2)
    with pytest.warns(DataWarning, match="samples of X are far from those that the network was fitted to: channel 0"):
        fitted.predict(x + 1e6)


def test_gun_point():
    x, y, x_test, y_test = ucr("GunPoint")
    assert Classifier(epochs=20, random_state=0).fit(x, y).score(x_test, y_test) > 0.75
