"""The conventional network beside which a chip is judged: an LSTM, trained and measured on this machine."""

from lava_ahp.baseline.lstm import LSTM, accuracy, fit
from lava_ahp.baseline.measure import BATCHES, measure
from lava_ahp.baseline.meters import meter

__all__ = ["BATCHES", "LSTM", "accuracy", "fit", "measure", "meter"]
