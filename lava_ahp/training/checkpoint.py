"""Weights in safetensors, which need no pickle: the model, what it is made of, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from lava_ahp import files
from lava_ahp.errors import DataError, SpecError
from lava_ahp.models import Model
from lava_ahp.models.config import kind_of

#: Weights of the best epoch so far, and of the last.
BEST, LAST = "model.safetensors", "last.safetensors"


def save_model(model: Model, path: Path) -> None:
    """Write a model; the file is there whole or not at all."""
    made_of = {
        "config": model.config.model_dump_json(),
        "channels": str(model.channels),
        "classes": str(model.classes),
    }
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    with files.replacing(path) as temporary:
        temporary.write_bytes(_in_order(save(tensors, metadata=made_of)))


def _in_order(content: bytes) -> bytes:
    """The same file with its metadata in the order of their names: safetensors puts them in another one every time, and
    equal models would have unequal checksums."""
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    return content[:8] + text.ljust(end - 8) + content[end:]


def load_model(run: Path, *, last: bool = False) -> Model:
    """The trained model of a run folder, on the CPU.

    Args:
        run: the folder.
        last: the weights of the last epoch instead of the best.

    Raises:
        DataError: as :func:`read_model`.
    """
    path = run / (LAST if last else BEST)
    if not path.is_file():
        raise DataError(f"{path}: not there; train first")
    return read_model(path)


def read_model(path: Path) -> Model:
    """A model from its safetensors file, on the CPU.

    Raises:
        DataError: no such file, or one that is damaged or of something else.
    """
    try:
        with safe_open(path, framework="pt") as file:
            made_of = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no dictionary)
        values = json.loads(made_of["config"])
        config = kind_of(values, "model").model_validate(values)
        model = config.build(int(made_of["channels"]), int(made_of["classes"]))
        model.load_state_dict(tensors)
    except (SafetensorError, ValidationError, SpecError, KeyError, ValueError, RuntimeError, OSError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise DataError(f"{path}: no model of ours, or damaged ({reason}); train again") from None
    return model.eval()
