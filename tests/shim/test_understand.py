"""Are the model's scores read the tenant's way?"""

import asyncio
import time
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from pyshim.errors import TritonAway
from pyshim.layers.l4_understand import Understand
from pyshim.outside.triton import Scores
from pyshim.tenants.compile import Snapshot, composer
from pyshim.tenants.schema import Tenant
from pyshim.turns.turn import Pending, Turn
from pyshim.understanding.model import Calibration
from tests.shim.conftest import snapshot_of, version_of


@dataclass
class ToldTriton:
    """Scores as told, or away: wholly, or some versions."""

    scores: dict[str, float] | None
    labels: list[str]
    away: tuple[str, ...] = ()
    asked: list[str] = field(default_factory=list)

    def understand(self, text: str, timeout_s: float, trace: str = "", version: str = "") -> asyncio.Future[Scores]:
        self.asked.append(version)
        told: asyncio.Future[Scores] = asyncio.get_running_loop().create_future()
        if self.scores is None or version in self.away:
            told.set_exception(TritonAway("told to be away"))
        else:
            scores = [self.scores.get(label, -20.0) for label in self.labels]
            told.set_result((np.array(scores, np.float32), np.zeros(2, np.float32)))
        return told


@dataclass
class Outsides:
    triton: ToldTriton


def snapshot(shop: Tenant, bank: Tenant) -> Snapshot:
    made = snapshot_of(shop, bank)
    twins = Calibration(1.0, [("account_password", "password_reset")], {}, 0.8)
    return replace(made, model=replace(made.model, calibration=twins))


async def understood(shop: Tenant, bank: Tenant, scores: dict[str, float] | None, query: str = "…", **more: object) -> Turn:
    compiled = snapshot(shop, bank)
    layer = Understand(Outsides(ToldTriton(scores, compiled.model.labels)))  # type: ignore[arg-type]
    turn = Turn("t", shop, composer(shop), "u", query, time.monotonic() + 1, version=version_of(compiled), **more)  # type: ignore[arg-type]
    await layer.answer(turn)
    return turn


async def test_the_likeliest_of_the_tenants_own_is_meant(shop: Tenant, bank: Tenant) -> None:
    turn = await understood(shop, bank, {"refund_apply": 5, "refund_time": 3})
    assert turn.intent == "refund_apply"
    assert turn.confidence == pytest.approx(1 / (1 + np.exp(-2)), abs=1e-3)
    assert turn.likeliest[:2] == ["refund_apply", "refund_time"]


async def test_what_another_tenant_would_understand_is_out_of_scope_here(shop: Tenant, bank: Tenant) -> None:
    turn = await understood(shop, bank, {"card_lost": 5, "card_apply": 5, "refund_apply": 4})
    assert turn.intent == "out_of_scope"
    assert turn.confidence == pytest.approx(2 * np.e / (2 * np.e + 1), abs=1e-3)
    assert "card_lost" not in turn.likeliest


async def test_small_talk_and_foreign_matters_are_never_offered(shop: Tenant, bank: Tenant) -> None:
    turn = await understood(shop, bank, {"bye": 3, "card_lost": 2.9, "repeat": 2.8, "refund_apply": 2.7, "return_policy": 2.6})
    assert turn.likeliest[:2] == ["refund_apply", "return_policy"]


async def test_a_twin_of_ones_own_takes_nothing_away(shop: Tenant, bank: Tenant) -> None:
    turn = await understood(shop, bank, {"password_reset": 6, "account_password": 5})
    assert turn.intent == "account_password"
    assert turn.confidence > 0.99


async def test_a_buttons_text_needs_no_model(shop: Tenant, bank: Tenant) -> None:
    turn = await understood(shop, bank, None, query="申请退款")
    assert (turn.intent, turn.confidence) == ("refund_apply", 1.0)


async def test_without_triton_the_edges_guess_stands_in(shop: Tenant, bank: Tenant) -> None:
    compiled = snapshot(shop, bank)
    layer = Understand(Outsides(ToldTriton(None, compiled.model.labels)))  # type: ignore[arg-type]
    turn = Turn(
        "t",
        shop,
        composer(shop),
        "u",
        "…",
        time.monotonic() + 1,
        version=version_of(compiled),
        guess="refund_apply",
        guess_confidence=0.7,
    )
    with pytest.raises(TritonAway):
        await layer.answer(turn)
    assert (turn.intent, turn.confidence, turn.fault) == ("refund_apply", 0.7, True)


async def test_a_turn_asked_again_after_a_conflict_is_not_understood_twice(shop: Tenant, bank: Tenant) -> None:
    compiled = snapshot(shop, bank)
    triton = ToldTriton({"refund_apply": 5}, compiled.model.labels)
    layer = Understand(Outsides(triton))  # type: ignore[arg-type]
    turn = Turn("t", shop, composer(shop), "u", "…", time.monotonic() + 1, version=version_of(compiled))
    await layer.answer(turn)
    await layer.answer(turn)
    assert triton.asked == ["1"]


async def test_one_that_turns_out_to_answer_another_question_is_understood_anew(shop: Tenant, bank: Tenant) -> None:
    compiled = snapshot(shop, bank)
    triton = ToldTriton({"refund_apply": 5}, compiled.model.labels)
    layer = Understand(Outsides(triton))  # type: ignore[arg-type]
    turn = Turn("t", shop, composer(shop), "u", "…", time.monotonic() + 1, version=version_of(compiled))
    await layer.answer(turn)
    turn.proposed = {"yes": 1.0}  # as said to what was asked before
    turn.state.flow = Pending("refund_apply", "began", "order_id")
    await layer.answer(turn)
    assert (triton.asked, turn.proposed) == (["1", "1"], {})


async def test_a_new_version_that_fails_is_noted_and_the_stable_one_answers(shop: Tenant, bank: Tenant) -> None:
    compiled = snapshot(shop, bank)
    triton = ToldTriton({"refund_apply": 5}, compiled.model.labels, away=("2",))
    layer = Understand(Outsides(triton))  # type: ignore[arg-type]
    stable = version_of(compiled)
    turn = Turn("t", shop, composer(shop), "u", "…", time.monotonic() + 1, version=version_of(compiled, 2), stable=stable)
    await layer.answer(turn)
    assert (turn.intent, turn.fault, turn.version) == ("refund_apply", True, stable)
    assert triton.asked == ["2", "1"]


async def test_a_new_version_that_answers_is_the_only_one_asked(shop: Tenant, bank: Tenant) -> None:
    compiled = snapshot(shop, bank)
    triton = ToldTriton({"refund_apply": 5}, compiled.model.labels)
    layer = Understand(Outsides(triton))  # type: ignore[arg-type]
    turn = Turn(
        "t", shop, composer(shop), "u", "…", time.monotonic() + 1, version=version_of(compiled, 2), stable=version_of(compiled)
    )
    await layer.answer(turn)
    assert (turn.fault, triton.asked) == (False, ["2"])


@pytest.mark.parametrize(("share", "fault"), [(0.0, True), (0.9, False)])
async def test_the_stable_version_is_held_to_a_candidates_time(
    shop: Tenant, bank: Tenant, monkeypatch: pytest.MonkeyPatch, share: float, fault: bool
) -> None:
    monkeypatch.setattr("pyshim.layers.l4_understand.CANDIDATES_SHARE", share)
    compiled = snapshot(shop, bank)
    layer = Understand(Outsides(ToldTriton({"refund_apply": 5}, compiled.model.labels)))  # type: ignore[arg-type]
    stable = version_of(compiled)
    turn = Turn("t", shop, composer(shop), "u", "…", time.monotonic() + 30, version=stable, stable=stable)
    await layer.answer(turn)
    assert (turn.intent, turn.fault) == ("refund_apply", fault)
