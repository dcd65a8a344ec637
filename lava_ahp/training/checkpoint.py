"""Models in safetensors files: weights and configuration, without pickle."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save

from lava_ahp import files
from lava_ahp.encoders import Encoder, from_json
from lava_ahp.errors import DataError
from lava_ahp.files.parsing import check_file, parse_json, parsing
from lava_ahp.models import Model
from lava_ahp.models.base_config import ModelConfig
from lava_ahp.models.config import kind_of
from lava_ahp.training import checksums

#: Files with the weights of the best epoch so far, and of the last epoch.
BEST, LAST = "model.safetensors", "last.safetensors"

_MAX_BYTES = 2**31
_MAX_TENSORS = 1024


def save_model(model: Model, path: Path) -> None:
    """Write a model atomically."""
    metadata = {
        "config": model.config.model_dump_json(),
        "channels": str(model.channels),
        "classes": str(model.classes),
        **({} if model.code is None else {"encoder": json.dumps(model.code.to_json())}),
    }
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    content = _in_order(save(tensors, metadata=metadata))
    checksums.announce(path, content)
    files.write_bytes(path, content)


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
    check_file(path, _MAX_BYTES)
    checksums.check(path)
    with parsing(str(path), "not a lava-ahp model, or damaged", "train again"):
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            names = list(file.keys())
            if len(names) > _MAX_TENSORS:
                raise ValueError(f"found {len(names)} tensors, allowed {_MAX_TENSORS}")
            tensors = {name: file.get_tensor(name) for name in names}
        values = parse_json(metadata["config"], f"{path} config", fix="train again")
        config = kind_of(values, f"{path} model").model_validate(values)
        channels, classes = int(metadata["channels"]), int(metadata["classes"])
        encoder = None
        if "encoder" in metadata:
            encoder = from_json(parse_json(metadata["encoder"], f"{path} encoder", fix="train again"))
        _check_tensors(tensors, config, channels, classes, encoder)
        model = config.build(channels, classes, encoder=encoder)
        model.load_state_dict(tensors)
        return model.eval()


def _check_tensors(
    tensors: dict[str, torch.Tensor], config: ModelConfig, channels: int, classes: int, encoder: Encoder | None
) -> None:
    """Refuse a model that is larger than its file, before it is built, and values that are not finite."""
    for what, found in (("channels", channels), ("classes", classes)):
        if found < 1:
            raise ValueError(f"{what}: found {found}, allowed 1 or more")
    held = sum(tensor.numel() for tensor in tensors.values())
    least = config.least_values(channels, classes, encoder)
    if least > held or len(config.layers) > len(tensors):
        sizes = f" for layers of {(channels, *config.layers, classes)}" if config.layers else ""
        raise ValueError(f"found {held} values, allowed at least {least}{sizes}")
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise ValueError(f"{name}: found NaN or infinity, allowed finite values")
