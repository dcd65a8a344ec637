"""Write the weights of a trained model in half the size: rounded to those of the chip, in half precision.

The network stays the same, bit for bit, which is checked.  Training continues from the rounded weights:

    python scripts/shrink_weights.py runs/smnist/model.safetensors netx_exports/smnist.safetensors
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from lava_ahp import files, training
from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer.weights import quantise
from lava_ahp.training.checkpoint import save_model


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    model = training.read_model(given.source)
    network = model.network()
    for name, parameter in model.named_parameters():
        if name.endswith("weight"):
            # Multiples of 1/32 up to 4 are exact in half precision.
            parameter.data = quantise(parameter.data, fx.WEIGHT_MIN, 1 / 64).half()
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / given.out.name
        save_model(model, small)
        if training.read_model(small).network() != network:
            parser.error(f"{given.source}: found a network that rounded weights change, allowed none")
        content = small.read_bytes()
    before = given.source.stat().st_size
    files.write_bytes(given.out, content)
    print(f"{before} bytes, now {len(content)}; the network is the same")


if __name__ == "__main__":
    main()
