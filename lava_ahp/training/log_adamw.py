"""AdamW for parameters of very different sizes."""

from __future__ import annotations

from typing import Any

import torch

# One pass over all parameters instead of some hundred small operations.  On a CPU it came with torch 2.4, and lava-dl
# asks for 2.3.1, which refuses it.
FUSED = torch.__version__ >= "2.4"


class LogAdamW(torch.optim.AdamW):
    """AdamW that moves the parameters of some groups by their logarithm.

    A step then changes a parameter by a fraction of itself, so a decay of 1/1000 per time step and one of 1/4 learn
    alike.  Groups say so with ``by_log``; their parameters are not negative, and one that is zero stays zero.

    Args:
        groups: parameters with their settings, as :class:`torch.optim.AdamW` takes them, and ``by_log``.
    """

    def __init__(self, groups: list[dict[str, Any]]) -> None:
        super().__init__(groups, fused=FUSED or None)

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """One step; arguments and result are those of :class:`torch.optim.AdamW`."""
        loss = None
        if closure is not None:
            # Parameters are logarithms only between gradient and update.
            with torch.enable_grad():
                loss = closure()
        parameters = [p for group in self.param_groups if group["by_log"] for p in group["params"]]
        by_log = [(p, p.grad) for p in parameters if p.grad is not None]
        for parameter, gradient in by_log:
            # By the chain rule, the gradient of the logarithm of x is x times that of x.
            gradient.mul_(parameter)
            parameter.log_()
        super().step()
        for parameter, _ in by_log:
            parameter.exp_()
        return loss

    def _accelerator_graph_capture_health_check(self) -> None:
        """Skip a check for graphs that no one captures here: it looks for a GPU in every step, for milliseconds."""
