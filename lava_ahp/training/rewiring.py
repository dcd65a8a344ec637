"""RigL: sparse connectivity that changes during training.

The number of synapses of a weight matrix is constant.  From time to time, the synapses with the smallest weights are
removed, and as many new ones are added where the loss has the largest gradient; they start at zero.  All other weights
are always exactly zero, so that synaptic operations and memory on the chip decrease with the density.

Source: U. Evci, T. Gale, J. Menick, P. S. Castro, E. Elsen, *Rigging the Lottery*, ICML 2020 (arXiv 1911.11134).  The
networks of Rao et al. 2022 were trained with deep rewiring (Bellec et al. 2018, arXiv 1711.05136), which adds synapses
at random.  RigL uses the gradient instead, which the kernels compute for absent synapses at no extra cost.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn import Parameter

#: Fraction of the run after which the connectivity is fixed (RigL, table 1 and appendix C).
UNTIL = 0.75


class Rewiring(torch.nn.Module):
    """The existing synapses of weight matrices, as boolean buffers so that checkpoints include them.

    Args:
        weights: weight matrices; their non-zero entries are the synapses.  Matrices without zeros are left unchanged.
        share: fraction of the synapses that the first rewiring moves; it falls to zero along a cosine.
    """

    def __init__(self, weights: Iterable[Parameter], share: float) -> None:
        super().__init__()
        self._weights = [w for w in weights if bool((w == 0).any())]
        self._share = share
        for k, weight in enumerate(self._weights):
            self.register_buffer(f"synapses_{k}", weight.detach() != 0)

    def rewire(self, completed: float, optimizer: torch.optim.Optimizer) -> None:
        """Remove and add synapses by weights and gradients.

        Args:
            completed: completed fraction of the run.
            optimizer: its moments of removed and added synapses are reset.
        """
        if completed >= UNTIL:
            return
        share = 0.5 * self._share * (1 + math.cos(math.pi * completed / UNTIL))
        with torch.no_grad():
            for weight, synapses in self._pairs():
                count = int(share * int(synapses.sum()))
                if weight.grad is None or count == 0:
                    continue
                removed = _lowest(weight.abs(), synapses, count)
                kept = synapses & ~removed
                # A synapse that was just removed may be added again, at zero, if its gradient is large.
                added = _lowest(-weight.grad.abs(), ~kept, count)
                synapses.copy_(kept | added)
                changed = removed | added
                weight[changed] = 0
                for moment in optimizer.state.get(weight, {}).values():
                    if moment.shape == weight.shape:
                        moment[changed] = 0

    def keep_absent(self) -> None:
        """Set the gradient of absent synapses to zero, so that the optimiser leaves them at zero."""
        for weight, synapses in self._pairs():
            if weight.grad is not None:
                weight.grad *= synapses

    def _pairs(self) -> Iterable[tuple[Parameter, Tensor]]:
        return zip(self._weights, self.buffers(), strict=True)


def _lowest(score: Tensor, among: Tensor, count: int) -> Tensor:
    """Mask of the ``count`` lowest scores; the first of equal ones, so that all machines choose the same."""
    order = torch.where(among, score, torch.inf).flatten().argsort(stable=True)
    found = torch.zeros_like(among).flatten()
    found[order[:count]] = True
    return found.view_as(among)
