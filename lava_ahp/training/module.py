"""The Lightning module: loss, optimiser, schedule, validation."""

from __future__ import annotations

import math
from typing import Any

import lightning.pytorch as pl
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lava_ahp.models import Model, Output
from lava_ahp.slayer.delays import DELAYS
from lava_ahp.targets import ClassOfSample, Sums, Target, Terms
from lava_ahp.training.batches import Batch, Batches, Draw, Part, Passes, Split, of_epoch
from lava_ahp.training.config import OptimisationConfig
from lava_ahp.training.log_adamw import LogAdamW
from lava_ahp.training.rewiring import Rewiring


class Training(pl.LightningModule):
    """Trains a model on the loss of a target, by default the cross-entropy of the readout averaged over the last steps.

    A penalty draws each neuron's firing rate to a target.  Several processes share every batch, and the loss is that of
    the whole batch.

    Args:
        model: the model to train.
        config: settings of the training loop.
        draw: makes the training split of an epoch.
        validation: the validation split.
        readout_steps: number of steps at the end of a sample over which the readout is averaged.
        class_weights: ``float64 (class,)``, factor of the loss of a sample by its class; None for 1.
        target: what the model is asked for.
    """

    class_weights: Tensor | None

    def __init__(
        self,
        model: Model,
        config: OptimisationConfig,
        draw: Draw,
        validation: Split,
        readout_steps: int,
        class_weights: npt.NDArray[np.float64] | None = None,
        target: Target | None = None,
    ) -> None:
        super().__init__()
        weight = None if class_weights is None else torch.as_tensor(class_weights, dtype=torch.float32)
        self.register_buffer("class_weights", weight, persistent=False)
        self.model = model
        self.rewiring = Rewiring(model.sparse_weights(), config.rewire_share)
        self._config, self._draw, self._validation, self._readout_steps = config, draw, validation, readout_steps
        self._target = target or ClassOfSample()
        self._sums_of_epoch: dict[str, Tensor] = {}

    def train_dataloader(self) -> Passes:
        """The training split of the current epoch."""
        return of_epoch(self._draw, self._config, self.current_epoch, self._part())

    def val_dataloader(self) -> Batches:
        """The validation split, in order."""
        return Batches(self._validation, self._config.batch_size, self._part())

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW, which is Adam unless weights shall decay.

        Decays and AHP strengths, which differ by factors of a hundred, learn by their logarithm.  Delays have a
        learning rate of their own because they are counted in steps.
        """
        groups: dict[tuple[float, float, bool], list[torch.nn.Parameter]] = {}
        for name, parameter in self.model.named_parameters():
            if parameter.requires_grad:
                groups.setdefault(self._group_of(name), []).append(parameter)
        return LogAdamW(
            [
                {"params": found, "lr": rate, "full_lr": rate, "weight_decay": decay, "by_log": by_log}
                for (rate, decay, by_log), found in groups.items()
            ]
        )

    def _group_of(self, name: str) -> tuple[float, float, bool]:
        """Learning rate and weight decay of a parameter, and whether it learns by its logarithm."""
        settings, last = self._config, name.rsplit(".", 1)[-1]
        if last in DELAYS:
            return settings.delay_learning_rate, 0.0, False
        decay = settings.weight_decay if last.startswith("weight") else 0.0
        return settings.learning_rate, decay, last.endswith(("decay_raw", "strength_raw"))

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        """Move the tensors of a batch.  Lightning's own search for them takes longer than a small step."""
        return batch._replace(read=batch.read.to(device), labels=batch.labels.to(device))

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Set learning rates and dropout from the step alone, so that a resumed run equals an uninterrupted one."""
        step = np.random.SeedSequence([self._config.seed, self.trainer.global_step, self.global_rank])
        torch.manual_seed(int(step.generate_state(1)[0]))
        for group in self.trainer.optimizers[0].param_groups:
            group["lr"] = group["full_lr"] * schedule(self._completed(), self._config.warmup)

    def training_step(self, batch: Batch) -> Tensor:
        """Loss of the whole batch."""
        output = self.model(batch.read)
        judged = self._judged(output, batch)
        part = self._sums(output, batch, judged)
        self._log("train", judged, part)
        return self._loss(self._over_processes(part))

    def loss(self, batch: Batch) -> Tensor:
        """Loss of a batch that one process has whole, without a trainer."""
        output = self.model(batch.read)
        return self._loss(self._sums(output, batch, self._judged(output, batch)))

    def _loss(self, whole: Tensor) -> Tensor:
        """Loss and penalty from the sums over a whole batch."""
        loss, weight, target = whole[0], whole[1], self._config.rate_target
        rates = _rates(whole)
        penalty = ((rates - target) / target).square().sum() / max(1, len(rates))
        # A batch of which no step has a label has no loss.
        return loss / weight.clamp_min(1) + self._config.rate_weight * penalty

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Rewire a sparse model every few steps.  The gradients are complete and not yet clipped."""
        step = self.trainer.global_step
        if step and step % self._config.rewire_every == 0:
            self.rewiring.rewire(self._completed(), optimizer)
        self.rewiring.keep_absent()

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Clamp parameters that the step moved out of range; outside it they get no gradient."""
        self.model.clamp()

    def validation_step(self, batch: Batch) -> None:
        """Score, loss and synaptic operations of the 8-bit network."""
        output = self.model(batch.read)
        judged = self._judged(output, batch)
        synops = self.model.synops(batch.read, output) * batch.counted
        self._log("validation", judged, self._sums(output, batch, judged), synops=synops)

    def _part(self) -> Part:
        return Part(self.global_rank, self.trainer.world_size)

    def _completed(self) -> float:
        """Completed fraction of the run, before the current step."""
        return self.trainer.global_step / (self._config.epochs * int(self.trainer.num_training_batches))

    def _judged(self, output: Output, batch: Batch) -> Sums:
        """Loss and score of this process's part of the batch."""
        terms = Terms(self.class_weights, self._config.logit_scale, self._config.label_smoothing)
        found = self._target.sums(output.readout[..., -self._readout_steps :], batch.labels, terms)
        return Sums(*(value * batch.counted for value in found))

    def _sums(self, output: Output, batch: Batch, judged: Sums) -> Tensor:
        """Sums over this process's part of the batch: loss, answers, samples, spikes and updates of each hidden neuron.

        The loss is later divided by the number of answers, not by the sum of their class weights.  The weight of a
        sample then does not depend on the other samples of the batch.
        """
        samples = torch.full_like(judged.weight, batch.counted * len(batch.labels))
        counts = output.counts.values()
        spikes = [count.spikes * batch.counted for count in counts]
        updates = [torch.full_like(count.spikes, (count.updates - batch.idle) * batch.counted) for count in counts]
        return torch.cat([judged.loss[None], judged.weight[None], samples[None], *spikes, *updates])

    def _over_processes(self, part: Tensor) -> Tensor:
        """Sum over all processes, with gradients.

        All processes compute the same loss from the sum, and DDP averages their gradients.  Each process therefore
        multiplies the gradient of its own part by the number of processes.
        """
        whole: Tensor = self.trainer.strategy.reduce(part.detach().clone(), reduce_op="sum")
        return whole + self.trainer.world_size * (part - part.detach())

    def totals(self) -> dict[str, float]:
        """Sums since the last call over all samples and processes, by split and quantity; every process asks for them.

        Lightning's own log takes longer than a small step.
        """
        names, values = list(self._sums_of_epoch), list(self._sums_of_epoch.values())
        self._sums_of_epoch = {}
        whole: Tensor = self.trainer.strategy.reduce(torch.stack(values), reduce_op="sum")
        return dict(zip(names, whole.tolist(), strict=True))

    def _log(self, split: str, judged: Sums, part: Tensor, **more: Tensor) -> None:
        """Add to the sums of the epoch."""
        samples, rates = part[2], _rates(part.double())
        rate = samples * rates.sum() / max(1, len(rates))
        for key, value in {**judged._asdict(), "samples": samples, "rate": rate, **more}.items():
            before = self._sums_of_epoch.get(f"{split}_{key}", 0.0)
            self._sums_of_epoch[f"{split}_{key}"] = before + value.detach().double()


def _rates(sums: Tensor) -> Tensor:
    """Spikes per step of each hidden neuron ``(neuron,)``, from :meth:`Training._sums`."""
    spikes, updates = sums[3:].chunk(2) if len(sums) > 3 else (sums[3:], sums[3:])
    return spikes / updates.clamp_min(1)


def schedule(completed: float, warmup: float) -> float:
    """Fraction of the full learning rate for a completed fraction of the run: a linear rise, then a cosine to zero."""
    if completed < warmup:
        return completed / warmup
    return 0.5 * (1 + math.cos(math.pi * (completed - warmup) / (1 - warmup)))
