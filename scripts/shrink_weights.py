"""Write the weights of a trained model in half the size: rounded to those of the chip, in half precision.

The network stays the same, bit for bit, which is checked.  Training continues from the rounded weights:

    python scripts/shrink_weights.py runs/smnist/model.safetensors netx_exports/smnist.safetensors
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save

from lava_ahp import files, training
from lava_ahp.slayer.weights import quantise


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    with safe_open(given.source, framework="pt") as file:
        metadata = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    for name, tensor in tensors.items():
        if name.endswith("weight"):
            # Multiples of 1/32 up to 4 are exact in half precision.
            tensors[name] = quantise(tensor, -256, 1 / 64).to(torch.float16)
    files.write_bytes(given.out, save(tensors, metadata=metadata))
    if training.read_model(given.out).network() != training.read_model(given.source).network():
        parser.error(f"{given.out}: the network is not that of {given.source}")
    sizes = (path.stat().st_size for path in (given.source, given.out))
    print("{} bytes, now {}; the network is the same".format(*sizes))


if __name__ == "__main__":
    main()
