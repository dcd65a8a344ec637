"""Networks of AHP neurons for time series as scikit-learn estimators."""

from lava_ahp.workflow.estimators.classifier import Classifier
from lava_ahp.workflow.estimators.regressor import Regressor

__all__ = ["Classifier", "Regressor"]
