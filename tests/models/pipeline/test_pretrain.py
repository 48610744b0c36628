"""Where are the gaps that pretraining fills?"""

from __future__ import annotations

import pytest
import torch

from triton_models.build.descend import Descent, descend
from triton_models.build.pretrain import GapFiller, Plan, make_gaps, pretrain

MASK, VOCABULARY = 3, 60


def sentences(rows: int, tokens: int) -> torch.Tensor:
    """Of 2 to tokens tokens, the first always 2."""
    ids = torch.randint(MASK + 1, VOCABULARY, (rows, tokens))
    ids[:, 0] = 2
    lengths = torch.randint(2, tokens + 1, (rows, 1))
    return torch.where(torch.arange(tokens) < lengths, ids, 0)


def test_the_first_token_and_padding_are_never_a_gap():
    torch.manual_seed(1)
    ids = sentences(200, 20)
    gapped, gaps = make_gaps(ids, MASK, VOCABULARY)
    assert not gaps[:, 0].any()
    assert not gaps[ids == 0].any()
    assert torch.equal(gapped[~gaps], ids[~gaps])


def test_three_tokens_of_twenty_are_gaps_and_most_of_them_are_hidden():
    torch.manual_seed(2)
    ids = sentences(3000, 20)
    gapped, gaps = make_gaps(ids, MASK, VOCABULARY)
    open_ = (ids != 0) & (torch.arange(20) > 0)
    assert float(gaps.sum() / open_.sum()) == pytest.approx(0.15, abs=0.01)
    hidden, stayed = (gapped[gaps] == MASK).float().mean(), (gapped[gaps] == ids[gaps]).float().mean()
    assert float(hidden) == pytest.approx(0.8, abs=0.02)
    assert float(stayed) == pytest.approx(0.1, abs=0.02)


def test_what_stands_in_for_another_is_a_token_that_can_be_said():
    torch.manual_seed(3)
    ids = sentences(500, 20)
    gapped, gaps = make_gaps(ids, MASK, VOCABULARY)
    others = gapped[gaps & (gapped != MASK) & (gapped != ids)]
    assert int(others.min()) > MASK and int(others.max()) < VOCABULARY


@pytest.mark.parametrize("seed", range(20))
def test_there_is_a_gap_at_least(seed):
    torch.manual_seed(seed)
    _, gaps = make_gaps(torch.tensor([[2, 9, 0]]), MASK, VOCABULARY)
    assert gaps.tolist() == [[False, True, False]]


def test_gaps_are_filled_better_after_learning(make_network):
    torch.manual_seed(4)
    ids = sentences(8, 12)
    filler = GapFiller(make_network())

    def loss(of: GapFiller) -> float:
        torch.manual_seed(9)
        with torch.no_grad():
            return float(of.eval().loss(ids, MASK))

    before = loss(filler)
    assert loss(descend(filler, lambda _: filler.loss(ids, MASK), Descent("test", 40, 1e-2, 1))) < before - 0.2


def test_the_same_seed_gives_the_same_encoder(make_network, tokenizer, tmp_path):
    def once() -> torch.Tensor:
        network = make_network(vocabulary=tokenizer.get_vocab_size())
        plan = Plan(steps=2, sentences=2)
        return pretrain(network, ["怎么退款", "我要退款", "换货"], tokenizer, plan, 1, tmp_path / "part.pt").characters.weight

    assert torch.equal(once(), once())
