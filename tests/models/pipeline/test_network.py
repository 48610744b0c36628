"""Does the network say what its parts say: padding, gates, pruned heads, a newborn student?"""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from triton_models.build.distil import layer_map, newborn
from triton_models.build.prune import cut

IDS = torch.tensor([[2, 7, 8, 9, 30], [2, 41, 0, 0, 0], [2, 5, 6, 0, 0]])


def test_padding_does_not_change_the_answer(make_network):
    network = make_network(3)
    logits, embedding = network(IDS)
    for row, length in enumerate((5, 2, 3)):
        alone = network(IDS[row : row + 1, :length])
        torch.testing.assert_close(alone[0][0], logits[row], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(alone[1][0], embedding[row], rtol=1e-4, atol=1e-5)


def test_the_answer_depends_on_the_order_of_the_tokens(make_network):
    network = make_network()
    assert not torch.allclose(network(IDS[:1])[0], network(IDS[:1, [0, 3, 2, 1, 4]])[0], atol=1e-3)


def test_an_embedding_has_length_one_and_a_reading_has_all_its_parts(make_network):
    reading = make_network(3).read(IDS)
    torch.testing.assert_close(reading.embedding.norm(dim=1), torch.ones(3))
    assert reading.embedding.shape == (3, 128) and reading.logits.shape == (3, 5)
    assert [states.shape for states in reading.states] == [(3, 5, 24)] * 3
    assert [scores.shape for scores in reading.attention] == [(3, 12, 5, 5)] * 3
    assert reading.real.squeeze(2).tolist() == (IDS != 0).float().tolist()


def test_gates_of_one_change_nothing(make_network):
    network = make_network(2)
    torch.testing.assert_close(network.read(IDS, [torch.ones(12)] * 2).logits, network.read(IDS).logits)


@pytest.mark.parametrize("kept", [1, 6, 11])
def test_heads_that_are_cut_out_are_heads_whose_gates_are_shut(make_network, kept):
    network = make_network(3)
    weight = torch.rand(3, 12)
    pruned = cut(network, weight, kept).eval()
    gates = [torch.zeros(12).scatter(0, layer.topk(kept).indices, 1.0) for layer in weight]
    shut, gone = network.read(IDS, gates), pruned.read(IDS)
    torch.testing.assert_close(gone.logits, shut.logits, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(gone.embedding, shut.embedding, rtol=1e-4, atol=1e-5)
    assert pruned.shape.heads == (kept,) * 3
    assert pruned.parameter_count < network.parameter_count


def test_cutting_leaves_the_student_as_it_was(make_network):
    network = make_network(2)
    before = network.read(IDS).logits
    cut(network, torch.rand(2, 12), 6)
    assert torch.equal(network.read(IDS).logits, before)


@pytest.mark.parametrize(
    ("teacher", "wanted"), [(12, [2, 5, 8, 11]), (4, [0, 1, 2, 3]), (24, [5, 11, 17, 23]), (6, [0, 2, 3, 5])]
)
def test_each_layer_of_the_student_follows_the_last_of_its_part(teacher, wanted):
    assert layer_map(4, teacher) == wanted


def test_a_newborn_has_every_third_layer_of_its_teacher_and_all_else(make_network):
    teacher = make_network(12)
    student = newborn(teacher)
    assert student.shape.heads == (12,) * 4

    def weights(part: torch.nn.Module) -> Tensor:
        return torch.cat([torch.zeros(0), *(parameter.detach().flatten() for parameter in part.parameters())])

    for block, number in zip(student.blocks, (2, 5, 8, 11), strict=True):
        assert torch.equal(weights(block), weights(teacher.blocks[number]))
    for name, part in teacher.named_children():
        if name != "blocks":
            assert torch.equal(weights(getattr(student, name)), weights(part)), name


def test_a_guess_from_the_bag_knows_no_order_but_of_pairs(make_network):
    network = make_network()
    with torch.no_grad():
        network.from_pairs.weight.zero_()
    torch.testing.assert_close(network.guess_from_bag(IDS[:1]), network.guess_from_bag(IDS[:1].flip(1)))
