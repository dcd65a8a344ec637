"""The model under Lightning: loss, optimiser, schedule, validation."""

from __future__ import annotations

import math
from typing import Any

import lightning.pytorch as pl
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from lava_ahp.models import Model, Output
from lava_ahp.training.batches import IGNORED, Batches, Draw, Part, Split, of_epoch
from lava_ahp.training.config import OptimisationConfig
from lava_ahp.training.rewiring import Rewiring


class Training(pl.LightningModule):
    """Cross-entropy of the mean readout voltage over the last steps, and a pull of each neuron's rate to a target.

    Several processes share every batch, and the loss is that of the whole batch.

    Args:
        model: what to train.
        config: how.
        draw: the training split of an epoch.
        validation: the validation split.
        readout_steps: steps at the end whose readout voltage counts.
        class_weights: what the loss of a sample of each class is multiplied by, ``(class,)``; None for 1.
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
    ) -> None:
        super().__init__()
        weight = None if class_weights is None else torch.as_tensor(class_weights, dtype=torch.float32)
        self.register_buffer("class_weights", weight, persistent=False)
        self.model = model
        self.rewiring = Rewiring(model.sparse_weights(), config.rewire_share)
        self._config, self._draw, self._validation, self._readout_steps = config, draw, validation, readout_steps

    def train_dataloader(self) -> Batches:
        """The training split, drawn anew for the epoch at hand."""
        return of_epoch(self._draw, self._config, self.current_epoch, self._part())

    def val_dataloader(self) -> Batches:
        """The validation split in its own order."""
        return Batches(self._validation, self._config.batch_size, self._part())

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam; learned decays have a rate of their own, as they are kept in 4096ths."""
        learned = {name: p for name, p in self.model.named_parameters() if p.requires_grad}
        decays = [p for name, p in learned.items() if name.endswith("decay_raw")]
        others = [p for name, p in learned.items() if not name.endswith("decay_raw")]
        groups: list[dict[str, Any]] = [{"params": others, "lr": self._config.learning_rate}]
        if decays:
            groups.append({"params": decays, "lr": self._config.decay_learning_rate * 4096})
        return torch.optim.Adam([{**group, "full_lr": group["lr"]} for group in groups])

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Set the rate from epoch and batch alone, so that a resumed run has the rates of an uninterrupted one."""
        for group in self.trainer.optimizers[0].param_groups:
            group["lr"] = group["full_lr"] * schedule(self._done(), self._config.warmup)

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """Loss of a batch."""
        read, labels = batch
        output = self.model(read)
        here = self._sums(output, labels)
        self._log("train", output, labels, here)
        whole = self._over_processes(here)
        loss, samples, target = whole[0], whole[1], self._config.rate_target
        rates = whole[2:] / (samples * read.shape[2])
        penalty = ((rates - target) / target).square().sum() / max(1, len(rates))
        return loss / samples + self._config.rate_weight * penalty

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Now and then move the synapses of a sparse model, by gradients that are complete and not yet clipped."""
        step = self.trainer.global_step
        if step and step % self._config.rewire_every == 0:
            self.rewiring.rewire(self._done(), optimizer)
        self.rewiring.keep_absent()

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Bring back what the step took out of range: beyond it there is no gradient to bring it back."""
        self.model.clamp()

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:
        """Accuracy, loss and synaptic operations of the 8-bit network."""
        read, labels = batch
        output = self.model(read)
        counted = self.model.synops(read, output)[labels != IGNORED].sum()
        self._log("validation", output, labels, self._sums(output, labels), synops=counted)

    def _part(self) -> Part:
        return Part(self.global_rank, self.trainer.world_size)

    def _done(self) -> float:
        """Share of the run that is behind, before the step at hand."""
        return self.trainer.global_step / (self._config.epochs * int(self.trainer.num_training_batches))

    def _sums(self, output: Output, labels: Tensor) -> Tensor:
        """What the samples at hand add to the whole batch: loss, samples, spikes of each hidden neuron.

        The loss is divided by samples, not by the weights of their classes: a sample counts the same whatever stands
        beside it.
        """
        logits = output.readout[..., -self._readout_steps :].mean(dim=-1) * self._config.logit_scale
        loss = functional.cross_entropy(
            logits, labels, self.class_weights, reduction="sum", label_smoothing=self._config.label_smoothing
        )
        counted = labels != IGNORED
        # Summed in the order of the kernels' memory, (sample, time, neuron), so that the way back copies nothing.
        # Either all samples count, or there is but one, and it does not.
        spikes = [layer.transpose(1, 2).sum(dim=(0, 1)) * counted[0] for layer in output.spikes]
        return torch.cat([loss[None], counted.sum()[None], *spikes])

    def _over_processes(self, part: Tensor) -> Tensor:
        """Sum over all processes, with gradients.

        All processes compute the same loss of the sum, and the mean of their gradients is what counts (DDP): the
        gradient of the own part stands for that of all.
        """
        whole: Tensor = self.trainer.strategy.reduce(part.detach().clone(), reduce_op="sum")
        return whole + self.trainer.world_size * (part - part.detach())

    def _log(self, split: str, output: Output, labels: Tensor, here: Tensor, **more: Tensor) -> None:
        """Add to the sums of the epoch, over all samples and processes."""
        # In float64 the sum of whole voltages is exact, so that a draw goes to the lower class here as elsewhere.
        answer = output.readout[..., -self._readout_steps :].double().sum(dim=-1).argmax(dim=1)
        loss, samples, spikes = here[0], here[1], here[2:]
        rate = spikes.double().sum() / max(1, len(spikes)) / output.readout.shape[-1]
        sums = {"loss": loss, "samples": samples, "correct": (answer == labels).sum(), "rate": rate, **more}
        named = {f"{split}_{key}": value.detach().double() for key, value in sums.items()}
        self.log_dict(named, reduce_fx="sum", sync_dist=True, on_step=False, on_epoch=True, logger=False)


def schedule(done: float, warmup: float) -> float:
    """Share of the full learning rate after a share of the run: a linear rise, then a cosine to zero."""
    if done < warmup:
        return done / warmup
    return 0.5 * (1 + math.cos(math.pi * (done - warmup) / (1 - warmup)))
