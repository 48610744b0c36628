"""How is a network brought down a loss, without losing the way when it is broken off?

descend(...) takes a fixed number of steps, not a fixed time: one seed gives one network on one kind of processor. The rate
climbs for a tenth of them and then falls to nothing. What is returned is a running mean
of the last few hundred steps, or the network itself where no mean is wanted. Every
minute all of it is saved; the same call goes on from there. All chance of a step follows from the seed and its number.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from triton_models.build.use import Use

Network = TypeVar("Network", bound=nn.Module)
SAVED_EVERY_S, SAID_EVERY_S = 60, 15


@dataclass(frozen=True)
class Descent:
    """what: for the progress lines. averaging: weight of the running mean, 0 for none."""

    what: str
    steps: int
    rate: float
    seed: int
    averaging: float = 0.995
    weight_decay: float = 0.05


def descend(network: Network, loss_of: Callable[[int], Tensor], descent: Descent, saved: Path | None = None) -> Network:
    """network learns in place; the running mean of it is returned, ready to use. saved: where to go on from, if it is there."""
    optimizer = torch.optim.AdamW(
        [{"params": parameters, "share": share} for parameters, share in _groups(network)],
        lr=descent.rate,
        weight_decay=descent.weight_decay,
        betas=(0.9, 0.98),
        fused=True,
    )
    kept = deepcopy(network)
    first = _restore(saved, network, kept, optimizer)
    network.train()
    clock = _Clock(descent, first)
    for step in range(first, descent.steps):
        torch.manual_seed(descent.seed * 1_000_003 + step)
        _set_rate(optimizer, descent, step)
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_of(step)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        if descent.averaging:
            _average(kept, network, min(descent.averaging, (1 + step) / (10 + step)))
        clock.tell(step, loss)
        if saved is not None and clock.save_due():
            _save(saved, step + 1, network, kept, optimizer)
    if saved is not None:
        saved.unlink(missing_ok=True)
    return kept.eval() if descent.averaging else network.eval()


def _groups(network: nn.Module) -> list[tuple[list[nn.Parameter], float]]:
    """What learns, and at which share of the rate: what is pretrained says so itself (use.py)."""
    if isinstance(network, Use):
        return network.groups()
    return [([parameter for parameter in network.parameters() if parameter.requires_grad], 1.0)]


def _set_rate(optimizer: torch.optim.Optimizer, descent: Descent, step: int) -> None:
    warm = max(1, descent.steps // 10)
    share = (step + 1) / warm if step < warm else (1 + math.cos(math.pi * (step - warm) / (descent.steps - warm))) / 2
    for group in optimizer.param_groups:
        group["lr"] = descent.rate * share * group.get("share", 1.0)


def _average(kept: nn.Module, network: nn.Module, share: float) -> None:
    with torch.no_grad():
        torch._foreach_lerp_(list(kept.parameters()), list(network.parameters()), 1 - share)


def _save(path: Path, step: int, network: nn.Module, kept: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    state: dict[str, Any] = {
        "step": step,
        "network": network.state_dict(),
        "kept": kept.state_dict(),
        "optimizer": optimizer.state_dict(),
    }
    torch.save(state, draft)
    draft.rename(path)


def _restore(path: Path | None, network: nn.Module, kept: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    if path is None or not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    network.load_state_dict(state["network"])
    kept.load_state_dict(state["kept"])
    optimizer.load_state_dict(state["optimizer"])
    print(f"  going on from step {state['step']}", flush=True)
    return int(state["step"])


class _Clock:
    def __init__(self, descent: Descent, first: int) -> None:
        self._descent, self._first = descent, first
        self._began = self._said = self._saved = time.monotonic()

    def tell(self, step: int, loss: Tensor) -> None:
        now, last = time.monotonic(), step == self._descent.steps - 1
        if last or now - self._said >= SAID_EVERY_S:
            self._said = now
            left = (now - self._began) / (step + 1 - self._first) * (self._descent.steps - step - 1)
            print(
                f"  {self._descent.what} {step + 1}/{self._descent.steps}: loss {loss.item():.3f}, {left:.0f} s left", flush=True
            )

    def save_due(self) -> bool:
        if time.monotonic() - self._saved < SAVED_EVERY_S:
            return False
        self._saved = time.monotonic()
        return True
