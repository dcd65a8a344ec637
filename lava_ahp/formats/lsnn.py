"""Intel's published Loihi-1 network for sequential MNIST as a :class:`lava_ahp.Network`.

The weights come from ``nxsdk_modules_ncl/lsnn`` (intel-nrc-ecosystem/models).  They belong to the network of Rao,
Plank, Wild, Maass 2022 (arXiv 2107.03992), which reached 94.5 % of 200 test images on the chip.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import DataError
from lava_ahp.formats.npy import read_npy
from lava_ahp.network import READOUT_THRESHOLD, Connection, Network, Neuron, Population
from lava_ahp.network import fixedpoint as fx

CHANNELS, LIF_NEURONS, AHP_NEURONS, CLASSES = 80, 140, 100, 10
NEURONS = LIF_NEURONS + AHP_NEURONS

#: The arrays of the published network, ``[source, target]``.
SHAPES = {"w_in": (CHANNELS, NEURONS), "w_rec": (NEURONS, NEURONS), "w_out": (NEURONS, CLASSES)}
WEIGHT_LIMIT = 255
_MAX_BYTES = 2**20

#: A time constant of 20 steps: 4096 / 20 is 204.8, and the chip's register holds the integer part.
MEMBRANE_DECAY = 204
RELAY_WEIGHT = 200

#: Encoder and readout of the measured run; the encoder is :class:`lava_ahp.encoders.ThresholdCrossing`.
TASK = {
    "name": "smnist",
    "encoder": {"name": "threshold_crossing", "thresholds": 40, "maximum": 255, "cue_steps": 56},
    "window": 1,
    "class_names": [str(digit) for digit in range(CLASSES)],
}


def import_lsnn(directory: Path | str) -> Network:
    """Read the network from a directory with its weights.

    Populations are ``input``, ``relay``, ``hidden`` (140 LIF, then 100 AHP neurons) and ``readout``.  ``relay`` has
    one neuron per channel and repeats every spike one step later, as in the measured set-up.

    Args:
        directory: the directory with ``w_in.npy``, ``w_rec.npy`` and ``w_out.npy``.

    Raises:
        DataError: a file that is missing, damaged, or does not hold these weights.
    """
    weights = {name: _read(Path(directory) / f"{name}.npy", shape) for name, shape in SHAPES.items()}
    plain, adaptive = np.ones(LIF_NEURONS, np.int64), np.ones(AHP_NEURONS, np.int64)
    return Network(
        populations=(
            Population("input", CHANNELS),
            Population("relay", CHANNELS, Neuron(threshold=100, voltage_decay=fx.DECAY_ONE)),
            Population(
                "hidden",
                NEURONS,
                Neuron(
                    threshold=np.concatenate([127 * plain, 508 * adaptive]),
                    voltage_decay=MEMBRANE_DECAY,
                    ahp_decay=np.concatenate([0 * plain, 5 * adaptive]),
                    ahp_weight=np.concatenate([0 * plain, 384 * adaptive]),
                    input_exponent=np.concatenate([0 * plain, 2 * adaptive]),
                ),
            ),
            Population("readout", CLASSES, Neuron(threshold=READOUT_THRESHOLD, voltage_decay=MEMBRANE_DECAY)),
        ),
        connections=(
            Connection("input", "relay", RELAY_WEIGHT * np.eye(CHANNELS, dtype=np.int64)),
            Connection("relay", "hidden", weights["w_in"].T),
            Connection("hidden", "hidden", weights["w_rec"].T),
            Connection("hidden", "readout", weights["w_out"].T),
        ),
        output="readout",
        task=TASK,
        provenance={"source": "Intel nxsdk_modules_ncl/lsnn, Loihi 1", "paper": "arXiv 2107.03992"},
    )


def _read(path: Path, shape: tuple[int, int]) -> npt.NDArray[np.int64]:
    if not path.exists():
        names = ", ".join(f"{name}.npy" for name in SHAPES)
        raise DataError(f"{path}: no such file; give the directory of {names}")
    array = read_npy(path, _MAX_BYTES)
    if array.dtype.kind not in "fiu" or array.shape != shape:
        raise DataError(f"{path}: found {array.dtype} {array.shape}, allowed numbers {shape}, (source, target)")
    bad = ~np.isfinite(array) | (array != np.rint(array)) | (np.abs(array) > WEIGHT_LIMIT)
    if bad.any():
        raise DataError(f"{path}: found the weight {array[bad][0]}, allowed integers -{WEIGHT_LIMIT}..{WEIGHT_LIMIT}")
    return array.astype(np.int64)
