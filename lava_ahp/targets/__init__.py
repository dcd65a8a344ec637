"""What a network is asked for: the class of a sample, the class of every step, or values."""

from lava_ahp.targets.base import Scores, Sums, Target, Terms
from lava_ahp.targets.class_of_sample import ClassOfSample, ClassScores
from lava_ahp.targets.class_of_step import UNLABELLED, ClassOfStep, StepScores
from lava_ahp.targets.reading import read
from lava_ahp.targets.value import Value, ValueScores

__all__ = [
    "UNLABELLED",
    "ClassOfSample",
    "ClassOfStep",
    "ClassScores",
    "Scores",
    "StepScores",
    "Sums",
    "Target",
    "Terms",
    "Value",
    "ValueScores",
    "read",
]
