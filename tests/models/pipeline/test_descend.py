"""Does a training that was broken off end where it would have ended?"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from triton_models.build import descend
from triton_models.build.descend import Descent

STEPS = 20


class PowerCut(Exception):
    pass


def network() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.3), nn.GELU(), nn.Linear(8, 1))


def run(saved: Path | None, cut_at: int | None = None, averaging: float = 0.9, rate: float = 1e-2) -> nn.Sequential:
    learner = network()

    def loss(step: int) -> Tensor:
        if step == cut_at:
            raise PowerCut
        x = torch.randn(16, 4)
        return functional.mse_loss(learner(x).float(), x.sum(1, keepdim=True))

    return descend.descend(learner, loss, Descent("test", STEPS, rate, 5, averaging), saved)


def weights(learner: nn.Module) -> Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in learner.parameters()])


@pytest.mark.parametrize("averaging", [0.9, 0.0])
@pytest.mark.parametrize("cut_at", [1, 7, STEPS - 1])
def test_broken_off_and_gone_on_with_it_ends_the_same(tmp_path, monkeypatch, cut_at, averaging):
    monkeypatch.setattr(descend, "SAVED_EVERY_S", 0)
    saved = tmp_path / "step.part.pt"
    with pytest.raises(PowerCut):
        run(saved, cut_at, averaging)
    assert saved.exists()
    gone_on = run(saved, averaging=averaging)
    assert torch.equal(weights(gone_on), weights(run(None, averaging=averaging)))
    assert list(tmp_path.iterdir()) == []


def test_it_goes_on_from_what_was_saved_and_not_from_the_start(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(descend, "SAVED_EVERY_S", 0)
    with pytest.raises(PowerCut):
        run(tmp_path / "part.pt", 7)
    run(tmp_path / "part.pt")
    assert "going on from step 7" in capsys.readouterr().out


def test_what_is_returned_is_a_running_mean_of_the_steps():
    mean, last = run(None, averaging=0.9), run(None, averaging=0)
    assert not torch.equal(weights(mean), weights(last))
    start = weights(network())
    assert (weights(mean) - start).norm() < (weights(last) - start).norm()


def test_the_running_mean_weighs_old_and_new_as_it_says():
    kept, fresh = nn.Linear(1, 1), nn.Linear(1, 1)
    with torch.no_grad():
        for parameter, number in zip((*kept.parameters(), *fresh.parameters()), (1.0, 2.0, 3.0, 6.0), strict=True):
            parameter.fill_(number)
    descend._average(kept, fresh, 0.75)
    assert weights(kept).tolist() == [1.5, 3.0]


def test_the_rate_climbs_for_a_tenth_of_the_steps_and_falls_to_nothing():
    optimizer = torch.optim.SGD(network().parameters(), lr=1)
    rates = []
    for step in range(100):
        descend._set_rate(optimizer, Descent("test", 100, 0.5, 1), step)
        rates.append(optimizer.param_groups[0]["lr"])
    assert max(rates) == 0.5 == rates[9]
    assert rates[:10] == sorted(rates[:10]) and rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] < 0.001
