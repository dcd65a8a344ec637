"""Our own neuron and synapse bases, for where lava-dl is not installed.

They hold what the blocks use of lava-dl 0.6.0: the same attributes, the same keys of ``state_dict``, the same initial
weights from the same seed.  lava-dl's weight norm is left out, because the blocks read the weights directly and never
run its hook.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


class BaseNeuron(torch.nn.Module):
    """The attributes of lava-dl's ``neuron.base.Neuron``.

    Args:
        threshold: in SLAYER's unit.
        p_scale: chip units in 1.0 of a decay.
        w_scale: chip units in 1.0 of a weight.
        s_scale: chip units in 1.0 of a state.
    """

    num_neurons: int | None
    shape: torch.Size | None

    def __init__(self, threshold: float, *, p_scale: int, w_scale: int, s_scale: int) -> None:
        super().__init__()
        self.num_neurons = None
        self.shape = None
        self.p_scale = p_scale
        self.w_scale = w_scale
        self.s_scale = s_scale
        self._threshold = int(threshold * w_scale) / w_scale
        self.tau_rho = self._threshold
        self.scale_rho = 1
        self.shared_param = True
        self.persistent_state = False
        self.requires_grad = True
        self.debug = False
        self.complex = False
        self.norm = None
        self.drop = None

    @property
    def weight_exponent(self) -> int:
        """Power of two between a state and a weight, beyond the usual 6."""
        return (self.s_scale // self.w_scale).bit_length() - 1 - 6


class DenseSynapse(torch.nn.Conv3d):
    """Weights ``(target, source, 1, 1, 1)``, uniform in ``±weight_scale / sqrt(source)``, as lava-dl draws them.

    Args:
        in_neurons: number of sources.
        out_neurons: number of targets.
        weight_scale: multiplies the initial weights.
        pre_hook_fx: quantisation of the weights.
    """

    def __init__(
        self,
        in_neurons: int,
        out_neurons: int,
        weight_scale: float = 1,
        *,
        pre_hook_fx: Callable[..., Tensor],
    ) -> None:
        super().__init__(in_neurons, out_neurons, (1, 1, 1), bias=False)
        self.weight_norm_enabled = False
        self.complex = False
        if weight_scale != 1:
            self.weight = torch.nn.Parameter(weight_scale * self.weight)
        self.pre_hook_fx = pre_hook_fx

    @property
    def shape(self) -> torch.Size:
        """Shape of the weights."""
        return self.weight.shape

    def forward(self, input: Tensor) -> Tensor:
        """Weighted sums ``(sample, target, time)`` of spikes ``(sample, source, time)``."""
        samples, _, steps = input.shape
        planes = input.reshape(samples, -1, 1, 1, steps)
        weighted = torch.nn.functional.conv3d(planes, self.pre_hook_fx(self.weight))
        return weighted.reshape(samples, -1, steps)
