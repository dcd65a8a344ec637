"""What a training run is asked for: sections task, model and training, as TOML or by defaults per task."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, ValidationError

from lava_ahp import files
from lava_ahp.errors import DataError
from lava_ahp.models.config import AHPConfig, ModelConfig, kind_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class TaskConfig(BaseModel):
    """Which task: its name on the command line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str


class OptimisationConfig(BaseModel):
    """How to train.

    Attributes:
        seed: of the first weights, the time constants, the order of the samples and the augmentation.
        epochs: passes over the training split.
        patience: epochs without a new best on the validation split after which training stops; 0 for never.
        batch_size: samples per step of the optimiser, of all processes together.
        input_dropout: share of the input spikes that an epoch leaves out at random, against overfitting.
        learning_rate: of Adam, for weights, thresholds and AHP strengths, in SLAYER's unit.
        decay_learning_rate: of Adam, for learned decays, as a fraction per time step.
        warmup: share of the run in which the rates rise linearly; then they fall to zero along a cosine.
        gradient_clip: largest norm of the gradient.
        rewire_every: steps of the optimiser between two moves of the synapses, where the model's density is below 1.
        rewire_share: part of the synapses that moves at the first time.
        rate_target: spikes per neuron and step that the hidden layers are drawn to.
        rate_weight: weight of ``mean(((rate - target) / target) ** 2)`` over the hidden neurons in the loss.
        logit_scale: what the mean readout voltage is multiplied by before the cross-entropy.
        label_smoothing: share of the target spread over all classes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    seed: int = Field(default=0, ge=0, lt=2**32)
    epochs: int = Field(default=100, ge=1, le=1_000_000)
    patience: int = Field(default=0, ge=0)
    batch_size: int = Field(default=64, ge=1, le=1_000_000)
    input_dropout: float = Field(default=0.0, ge=0, lt=1)
    learning_rate: float = Field(default=0.02, gt=0, le=10)
    decay_learning_rate: float = Field(default=1e-4, gt=0, le=1)
    warmup: float = Field(default=0.0, ge=0, lt=1)
    gradient_clip: float = Field(default=1.0, gt=0)
    rewire_every: int = Field(default=100, ge=1)
    rewire_share: float = Field(default=0.3, gt=0, lt=1)
    rate_target: float = Field(default=0.05, gt=0, le=1)
    rate_weight: float = Field(default=0.01, ge=0)
    logit_scale: float = Field(default=1.0, gt=0)
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)


class TrainConfig(BaseModel):
    """A whole configuration; every value that is left out has its default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    task: TaskConfig
    model: SerializeAsAny[ModelConfig] = AHPConfig()
    training: OptimisationConfig = OptimisationConfig()

    @classmethod
    def make(
        cls,
        task: str,
        *,
        model: str = "ahp",
        file: Path | None = None,
        overrides: Iterable[str] = (),
    ) -> TrainConfig:
        """The defaults of a task, changed by a file and then by single values.

        Args:
            task: its name; tasks without a preset start from the defaults of this class.
            model: an LSTM has the same defaults for every task.
            file: TOML with the values to change.
            overrides: ``section.key=value``, the value as TOML writes it; quotes of a text may be left out.

        Raises:
            DataError: a file that cannot be read, an unknown key, or a value out of range.
        """
        values: dict[str, Any] = {"task": {"name": task}}
        preset = task if model == "ahp" else f"models/{model}"
        if model != "ahp" or task in presets():
            _merge(values, _parse(_preset(preset).read_text(encoding="utf-8"), f"preset {preset}"))
        if file is not None:
            _merge(values, _read(file))
        for override in overrides:
            _merge(values, _override(override))
        if isinstance(values["task"], Mapping) and values["task"].get("name") != task:
            raise DataError(f"config task.name: found {values['task'].get('name')!r}, the task is {task!r}")
        return cls.of(values)

    @classmethod
    def of(cls, values: Mapping[str, Any], where: str = "config") -> TrainConfig:
        """From plain values.

        Raises:
            DataError: a missing or unknown key, or a value out of range.
        """
        values = dict(values)
        section = values.get("model", {})
        if isinstance(section, Mapping):
            kind = kind_of(section, f"{where} model")
            try:
                values["model"] = kind.model_validate(section)
            except ValidationError as error:
                raise DataError(_explain(error, where, ["model"], kind)) from None
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise DataError(_explain(error, where, [], cls)) from None

    @classmethod
    def read(cls, path: Path) -> TrainConfig:
        """From a complete TOML file, as :meth:`write` makes it.

        Raises:
            DataError: a file that cannot be read, an unknown key, or a value out of range.
        """
        return cls.of(_read(path), str(path))

    def write(self, path: Path) -> None:
        """As TOML, complete with defaults; the file is there whole or not at all."""
        files.write_text(path, tomli_w.dumps(self.model_dump(mode="json")))

    def differences(self, other: TrainConfig) -> list[str]:
        """``section.key: mine, theirs`` for each value that differs."""
        mine, theirs = self.model_dump(mode="json"), other.model_dump(mode="json")
        return [
            f"{section}.{key}: {value!r}, {theirs[section][key]!r}"
            for section, values in mine.items()
            for key, value in values.items()
            if value != theirs[section].get(key)
        ]


def presets() -> list[str]:
    """Tasks that have defaults of their own."""
    folder = resources.files("lava_ahp.training") / "presets"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def _preset(name: str) -> Any:
    return resources.files("lava_ahp.training") / "presets" / f"{name}.toml"


def _read(path: Path) -> dict[str, Any]:
    try:
        return _parse(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: not UTF-8 text; a TOML file is") from None


def _parse(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{where}: not TOML ({error})") from None


def _override(text: str) -> dict[str, Any]:
    key, equals, value = text.partition("=")
    section, dot, name = key.strip().partition(".")
    if not equals or not dot or not section or not name:
        raise DataError(f"--set: found {text!r}, allowed section.key=value, for example training.epochs=5")
    try:
        parsed = tomllib.loads(f"value = {value.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = value.strip()
    return {section: {name: parsed}}


def _merge(values: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for key, change in changes.items():
        if isinstance(change, Mapping) and isinstance(values.get(key), Mapping):
            values[key] = {**values[key], **change}
        else:
            values[key] = change


def _explain(error: ValidationError, where: str, section: list[str], model: type[BaseModel]) -> str:
    """The first complaint of pydantic in one line: object, observed, allowed.

    Args:
        error: of pydantic.
        where: file or other origin of the values.
        section: keys that lead to the table that was checked.
        model: what it was checked against.
    """
    first = error.errors()[0]
    path = [str(part) for part in first["loc"]]
    key = ".".join([*section, *path])
    if first["type"] == "extra_forbidden":
        for part in path[:-1]:
            model = model.model_fields[part].annotation  # type: ignore[assignment]
        return f"{where} {key}: unknown key, allowed {', '.join(model.model_fields)}"
    if first["type"] == "missing":
        return f"{where} {key}: missing, give it"
    return f"{where} {key}: found {first['input']!r}; {first['msg'][0].lower()}{first['msg'][1:]}"
