"""Models in safetensors files: weights and configuration, without pickle."""

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
from lava_ahp.training import checksums

#: Files with the weights of the best epoch so far, and of the last epoch.
BEST, LAST = "model.safetensors", "last.safetensors"


def save_model(model: Model, path: Path) -> None:
    """Write a model atomically."""
    metadata = {
        "config": model.config.model_dump_json(),
        "channels": str(model.channels),
        "classes": str(model.classes),
    }
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    content = _in_order(save(tensors, metadata=metadata))
    checksums.announce(path, content)
    with files.replacing(path) as temporary:
        temporary.write_bytes(content)


def _in_order(content: bytes) -> bytes:
    """The file with its metadata sorted by name.

    safetensors writes them in a random order, so that equal models would have different checksums.
    """
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    return content[:8] + text.ljust(end - 8) + content[end:]


def load_model(run: Path, *, last: bool = False) -> Model:
    """The trained model of a run folder, on the CPU.

    Args:
        run: the run folder.
        last: load the weights of the last epoch instead of the best one.

    Raises:
        DataError: no such file, a damaged file, or one that holds no model of lava-ahp.
    """
    path = run / (LAST if last else BEST)
    if not path.is_file():
        raise DataError(f"{path}: no such file; train first")
    return read_model(path)


def read_model(path: Path) -> Model:
    """Read a model from a safetensors file, onto the CPU.

    Raises:
        DataError: no such file, a damaged file, or one that holds no model of lava-ahp.
    """
    checksums.check(path)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dictionary)
        values = json.loads(metadata["config"])
        config = kind_of(values, "model").model_validate(values)
        model = config.build(int(metadata["channels"]), int(metadata["classes"]))
        model.load_state_dict(tensors)
    except (SafetensorError, ValidationError, SpecError, KeyError, ValueError, RuntimeError, OSError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise DataError(f"{path}: not a lava-ahp model, or damaged ({reason}); train again") from None
    return model.eval()
