"""Sparse connectivity that moves while it is trained: RigL.

A weight matrix keeps the number of its synapses.  From time to time those with the smallest weights are given up, and
as many are made where the loss has the largest gradient; they begin at zero.  Everything else is exactly zero at every
moment, so that synaptic operations and memory on the chip fall with the density.

Source: U. Evci, T. Gale, J. Menick, P. S. Castro, E. Elsen, *Rigging the Lottery*, ICML 2020 (arXiv 1911.11134).  The
networks of Rao et al. 2022 were made with deep rewiring (Bellec et al. 2018, arXiv 1711.05136), which walks at random
where RigL looks at the gradient; the kernels give that gradient for absent synapses at no cost.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn import Parameter

#: Share of the run after which the synapses stay where they are (RigL, table 1 and appendix C).
UNTIL = 0.75


class Rewiring(torch.nn.Module):
    """The synapses of some weight matrices, held in buffers so that a checkpoint keeps them.

    Args:
        weights: matrices whose non-zero entries are their synapses; those without a zero are left alone.
        share: part of the synapses that moves at the first time; it falls to zero along a cosine.
    """

    def __init__(self, weights: Iterable[Parameter], share: float) -> None:
        super().__init__()
        self._weights = [w for w in weights if bool((w == 0).any())]
        self._share = share
        for k, weight in enumerate(self._weights):
            self.register_buffer(f"synapses_{k}", weight.detach() != 0)

    def rewire(self, done: float, optimizer: torch.optim.Optimizer) -> None:
        """Move synapses by the gradients at hand, those of absent synapses included.

        Args:
            done: share of the run that is behind.
            optimizer: its moments of a moved synapse begin anew.
        """
        if done >= UNTIL:
            return
        share = 0.5 * self._share * (1 + math.cos(math.pi * done / UNTIL))
        with torch.no_grad():
            for weight, synapses in self._pairs():
                count = int(share * int(synapses.sum()))
                if weight.grad is None or count == 0:
                    continue
                given_up = _first(weight.abs(), synapses, count)
                kept = synapses & ~given_up
                # What has just been given up may come back, at zero, where its gradient says so.
                made = _first(-weight.grad.abs(), ~kept, count)
                synapses.copy_(kept | made)
                moved = given_up | made
                weight[moved] = 0
                for moment in optimizer.state.get(weight, {}).values():
                    if moment.shape == weight.shape:
                        moment[moved] = 0

    def keep_absent(self) -> None:
        """Take the gradient from absent synapses, so that a step of the optimiser leaves them at zero."""
        for weight, synapses in self._pairs():
            if weight.grad is not None:
                weight.grad *= synapses

    def _pairs(self) -> Iterable[tuple[Parameter, Tensor]]:
        return zip(self._weights, self.buffers(), strict=True)


def _first(score: Tensor, among: Tensor, count: int) -> Tensor:
    """Where the ``count`` lowest scores lie; of equal ones the first, so that every machine takes the same."""
    order = torch.where(among, score, torch.inf).flatten().argsort(stable=True)
    found = torch.zeros_like(among).flatten()
    found[order[:count]] = True
    return found.view_as(among)
