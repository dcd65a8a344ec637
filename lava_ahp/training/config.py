"""Configuration of a training run: sections task, model and training, from TOML files and presets per task."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import tomli_w
from pydantic import ConfigDict, Field, SerializeAsAny

from lava_ahp import files
from lava_ahp.errors import DataError, shorten
from lava_ahp.files.parsing import MAX_TOML, parse_toml, read_text
from lava_ahp.models.base_config import ModelConfig
from lava_ahp.models.config import AHPConfig, kind_of
from lava_ahp.settings import Table, validate


class TaskConfig(Table):
    """The task to train on, and its settings, which the task checks itself (see :func:`lava_ahp.tasks.settings_of`).

    Attributes:
        name: name on the command line.
    """

    model_config = ConfigDict(extra="allow")

    name: str

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of the task, by key."""
        return dict(self.model_extra or {})


class OptimisationConfig(Table):
    """Settings of the training loop.

    Attributes:
        seed: seed of the initial weights and time constants, the order of the samples and the augmentation.
        epochs: number of epochs, each with at least one pass over the training split.
        epoch_steps: least optimiser steps of an epoch.  A small training split is passed over so often, each time
            augmented and shuffled anew, that a run has enough steps whatever the number of samples.
        keep: the weights that a run ends with: those of the best epoch on the validation split, or of the last, where
            that split is too small to tell epochs apart.
        patience: training stops after this many epochs without a new best on the validation split; 0 for never.
        batch_size: samples per optimiser step, over all processes.
        warp: how unevenly time runs in a training series: standard deviation of the logarithm of the speed.
        scale: standard deviation of the logarithm of a random factor for each channel of a training series.
        offset: standard deviation of a random shift of each channel, as a fraction of its range.
        drift: standard deviation of a random shift that changes slowly over time, as a fraction of the range.
        jitter: standard deviation of random noise of each value, as a fraction of the range.
        input_dropout: fraction of the input spikes dropped at random in each epoch, against overfitting.
        learning_rate: learning rate of Adam for weights and thresholds, in SLAYER's unit, and for learned decays and
            AHP strengths, as a fraction of their value.
        delay_learning_rate: learning rate of Adam for learned delays, in steps.
        warmup: fraction of the run in which the learning rates rise linearly; then they fall to zero along a cosine.
        gradient_clip: maximum norm of the gradient.
        weight_decay: fraction of the weights that AdamW takes away per step, in units of the learning rate.
        rewire_every: optimiser steps between two rewirings, for a model with density below 1.
        rewire_share: fraction of the synapses that the first rewiring moves.
        rate_target: target firing rate of the hidden neurons, in spikes per step.
        rate_weight: weight of the rate penalty, ``mean(((rate - target) / target) ** 2)`` over the hidden neurons.
        logit_scale: factor from the mean readout voltage to the logits of the cross-entropy.
        label_smoothing: fraction of the target distribution that is spread evenly over all classes.
    """

    GONE: ClassVar[Mapping[str, str]] = {
        "decay_learning_rate": "no longer a setting, decays learn at learning_rate; remove it"
    }

    seed: int = Field(default=0, ge=0, lt=2**32)
    epochs: int = Field(default=100, ge=1, le=1_000_000)
    epoch_steps: int = Field(default=1, ge=1, le=1_000_000)
    keep: Literal["best", "last"] = "best"
    patience: int = Field(default=0, ge=0)
    batch_size: int = Field(default=64, ge=1, le=1_000_000)
    warp: float = Field(default=0.0, ge=0, le=1)
    scale: float = Field(default=0.0, ge=0, le=1)
    offset: float = Field(default=0.0, ge=0, le=1)
    drift: float = Field(default=0.0, ge=0, le=1)
    jitter: float = Field(default=0.0, ge=0, le=1)
    input_dropout: float = Field(default=0.0, ge=0, lt=1)
    learning_rate: float = Field(default=0.02, gt=0, le=10)
    delay_learning_rate: float = Field(default=0.05, gt=0, le=100)
    warmup: float = Field(default=0.0, ge=0, lt=1)
    gradient_clip: float = Field(default=1.0, gt=0)
    weight_decay: float = Field(default=0.0, ge=0, le=100)
    rewire_every: int = Field(default=100, ge=1)
    rewire_share: float = Field(default=0.3, gt=0, lt=1)
    rate_target: float = Field(default=0.05, gt=0, le=1)
    rate_weight: float = Field(default=0.01, ge=0)
    logit_scale: float = Field(default=1.0, gt=0)
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)

    @property
    def distortion(self) -> dict[str, float]:
        """The settings of the augmentation that are not zero."""
        values = {key: getattr(self, key) for key in ("warp", "scale", "offset", "drift", "jitter")}
        return {key: value for key, value in values.items() if value}


class TrainConfig(Table):
    """A complete configuration."""

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
        overrides: Mapping[str, Any] | Iterable[str] = (),
        settings: Mapping[str, Any] | None = None,
        fitted: Mapping[str, Any] | None = None,
    ) -> TrainConfig:
        """The preset of a task and a kind of model, changed by a file and then by single values.

        Args:
            task: name of the task.
            model: kind of model, see :data:`lava_ahp.models.config.KINDS`.
            file: TOML file with the values to change.
            overrides: single values, as a mapping ``{"training.epochs": 5}`` or as texts ``"training.epochs=5"``.  In a
                text the value is TOML; a string needs no quotes.
            settings: settings of the task where it is loaded already; they replace those of the preset.
            fitted: values by section and key that follow from the data; they change those of the preset.

        Raises:
            DataError: a file that cannot be read, an unknown kind or key, or a value out of range.
        """
        values: dict[str, Any] = {"task": {"name": task}, "model": {"kind": model}}
        kind_of(values["model"], "config model")
        _merge(values, _preset(model, task))
        _merge(values, fitted or {})
        if settings is not None:
            values["task"] = {"name": task, **settings}
        _change(values, file, overrides)
        for section, key, expected in (("task", "name", task), ("model", "kind", model)):
            if isinstance(values[section], Mapping) and values[section].get(key) != expected:
                raise DataError(
                    f"config {section}.{key}: found {shorten(values[section].get(key))}, allowed {expected!r} here"
                )
        return cls.of(values)

    def changed(self, file: Path | None, overrides: Mapping[str, Any] | Iterable[str]) -> TrainConfig:
        """This configuration with the values of a file and then single values, as in :meth:`make`.

        Raises:
            DataError: as in :meth:`make`.
        """
        values = self.model_dump(mode="json")
        _change(values, file, overrides)
        return TrainConfig.of(values)

    def with_task(self, values: Mapping[str, Any]) -> TrainConfig:
        """This configuration with other values of its task, ``name`` among them."""
        return TrainConfig.of({**self.model_dump(mode="json"), "task": values})

    @classmethod
    def of(cls, values: Mapping[str, Any], where: str = "config") -> TrainConfig:
        """A configuration from plain values; missing values get their defaults.

        Args:
            values: by section and key.
            where: origin of the values, for messages.

        Raises:
            DataError: an unknown kind, a missing or unknown key, or a value out of range.
        """
        values = dict(values)
        section = values.get("model", {})
        if isinstance(section, Mapping):
            values["model"] = validate(section, kind_of(section, f"{where} model"), where, ["model"])
        return validate(values, cls, where)

    @classmethod
    def read(cls, path: Path) -> TrainConfig:
        """Read a complete TOML file, as written by :meth:`write`.

        Raises:
            DataError: a file that cannot be read, an unknown key, or a value out of range.
        """
        return cls.of(parse_toml(read_text(path, MAX_TOML), str(path)), str(path))

    def write(self, path: Path) -> None:
        """Write all values, including defaults, as TOML.  The file is written atomically."""
        files.write_text(path, tomli_w.dumps(self.model_dump(mode="json")))

    def differences(self, other: TrainConfig) -> list[str]:
        """``section.key: requested A, found B`` for each value A of this configuration that differs in the other."""
        mine, theirs = self.model_dump(mode="json"), other.model_dump(mode="json")
        return [
            f"{section}.{key}: requested {shorten(value)}, found {shorten(theirs[section].get(key))}"
            for section, values in mine.items()
            for key, value in values.items()
            if value != theirs[section].get(key)
        ]


def _preset(model: str, task: str) -> dict[str, Any]:
    """The preset of a kind of model for a task, else the one for any task, else nothing."""
    folder = resources.files("lava_ahp.training") / "presets"
    for name in (f"{model}/{task}.toml", f"{model}.toml"):
        file = folder / name
        if file.is_file():
            return parse_toml(file.read_text(encoding="utf-8"), f"preset {name}")
    return {}


def _parse_override(text: str) -> tuple[str, Any]:
    """Key and value of ``section.key=value``."""
    key, equals, value = (part.strip() for part in text.partition("="))
    if not equals:
        raise DataError(f"setting: found {shorten(text)}, allowed section.key=value, for example training.epochs=5")
    try:
        return key, parse_toml(f"value = {value}", f"setting {key}")["value"]
    except DataError:
        return key, value


def _plain(value: Any) -> Any:
    """A value of Python alone: numbers from a computation are often NumPy's."""
    if isinstance(value, np.generic):
        return value.item()
    return [_plain(item) for item in value] if isinstance(value, (list, tuple, np.ndarray)) else value


def _nested(key: str, value: Any) -> dict[str, dict[str, Any]]:
    section, _, name = key.partition(".")
    if not section or not name:
        raise DataError(f"setting: found key {shorten(key)}, allowed section.key, for example training.epochs")
    return {section: {name: value}}


def _change(values: dict[str, Any], file: Path | None, overrides: Mapping[str, Any] | Iterable[str]) -> None:
    if file is not None:
        _merge(values, parse_toml(read_text(file, MAX_TOML), str(file)))
    for key, value in overrides.items() if isinstance(overrides, Mapping) else map(_parse_override, overrides):
        _merge(values, _nested(key, _plain(value)))


def _merge(values: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for key, change in changes.items():
        if isinstance(change, Mapping) and isinstance(values.get(key), Mapping):
            values[key] = {**values[key], **change}
        else:
            values[key] = change
