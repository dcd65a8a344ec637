"""A small report of a deployment, of which a test changes what it is about."""

import numpy as np

from lava_ahp.report.deploy_page import Report
from lava_ahp.report.sample_figures import NeuronStates, Sample, Signal
from lava_ahp.targets import ClassScores

STEPS = 12


def neuron(name="hidden 0", time_constant=30.0):
    """A neuron that spikes in every fourth step."""
    ramp = np.arange(STEPS) % 4 / 4
    return NeuronStates(name, time_constant, u=ramp, a=-ramp, v=ramp, spikes=np.arange(STEPS) % 4 == 3)


def sample(name="input", **changes):
    """A sample of two channels, four hidden neurons and two classes."""
    hidden = np.zeros((STEPS, 4), bool)
    hidden[[1, 2, 3, 4], [0, 1, 2, 3]] = True
    values = {
        "title": "A right answer: test sample 7",
        "label": 0,
        "readout": np.outer(np.arange(STEPS), [4096, -4096]).astype(np.int32),
        "spikes": {name: np.ones((STEPS, 2), bool), "hidden": hidden},
        "kinds": {"rises": range(1), "cue": range(1, 2)},
        "time_constants": {"hidden": np.array([200.0, np.nan, 50.0, 100.0])},
        "signal": Signal(np.arange(STEPS - 2), np.linspace(0, 1, STEPS - 2)[:, None], "mV"),
    }
    return Sample(**{**values, **changes})


def page_report(**changes):
    """A report without tables."""
    values = {
        "title": "toy",
        "headline": [],
        "verdict": (True, "equal"),
        "history": [{"epoch": k, "loss": 1.0 / k, "accuracy": 0.5, "rate": 0.1} for k in (1, 2)],
        "scores": ClassScores(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), ["a", "b"]),
        "class_names": ["a", "b"],
        "samples": [sample()],
        "time_constants": np.array([np.nan, 50.0, 100.0, 200.0]),
        "readout_steps": 3,
        "populations": [],
        "connections": [],
        "checks": [],
        "costs": [],
        "cost_notes": [],
        "provenance": {},
        "command": "lava-ahp deploy",
    }
    return Report(**{**values, **changes})
