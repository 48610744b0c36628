"""Do the turns of all workers together say what one worker would have said?"""

import random

import msgspec
import numpy as np
import pytest

from loadtest.running.turns import LIMIT, NO_LAYER, Seen, Turns


def some(count: int, seed: int = 1) -> list[tuple[float, float, float, str, str, str]]:
    chance = random.Random(seed)
    layers, errors = ["l3_hot", "l5_dialogue", "l7_fallback"], ["", "", "", "", "503"]
    return [
        (
            chance.uniform(0, 60),
            chance.lognormvariate(-5, 1),
            chance.random() / 1e3,
            *_where(chance, layers),
            chance.choice(errors),
        )
        for _ in range(count)
    ]


def _where(chance: random.Random, layers: list[str]) -> tuple[str, str]:
    return chance.choice(["shop", "bank"]), chance.choice(layers)


def kept(rows: list[tuple[float, float, float, str, str, str]]) -> Turns:
    turns = Turns()
    for row in rows:
        turns.add(*row)
    return turns


def test_merging_is_exact() -> None:
    rows = some(3_000)
    alone, together = Seen(kept(rows)), Turns()

    for part in (rows[:700], rows[700:1_500], [], rows[1_500:]):
        together.merge(msgspec.msgpack.decode(msgspec.msgpack.encode(kept(part).pack())))

    both = Seen(together)
    everything = alone.between(0, 60)
    assert both.percentiles(everything) == alone.percentiles(everything)
    assert both.errors(everything) == alone.errors(everything)
    assert both.layers(everything) == alone.layers(everything)
    for tenant, layer in (("shop", "l3_hot"), ("bank", "l7_fallback")):
        assert both.percentiles(both.of(everything, tenant, layer)) == alone.percentiles(alone.of(everything, tenant, layer))


def test_percentiles_are_those_of_every_single_turn() -> None:
    rows = some(2_000)
    good = [took * 1e3 for _, took, _, _, _, error in rows if not error]

    found = Seen(kept(rows)).percentiles(slice(None))

    assert found is not None
    assert found.count == len(good)
    assert [found.p50, found.p99] == pytest.approx(np.percentile(good, [50, 99]).tolist(), abs=0.002)
    assert found.within_50_ms == pytest.approx(sum(one <= 50 for one in good) / len(good), abs=1e-3)


def test_merging_says_how_many_were_wrong_and_the_last_ones_can_be_had() -> None:
    rows, together = some(500), Turns()

    wrong = together.merge(kept(rows).pack())

    assert wrong == sum(bool(row[5]) for row in rows)
    assert list(together.tail(3).took) == list(together.took)[-3:]
    assert len(together.tail(1_000)) == 500


def test_what_was_packed_is_packed_once() -> None:
    turns, all_of_them = kept(some(10)), Turns()

    all_of_them.merge(turns.pack())
    turns.add(61, 0.1, 0, "shop", NO_LAYER, "timeout")
    all_of_them.merge(turns.pack())

    assert (len(turns), len(all_of_them)) == (0, 11)
    assert Seen(all_of_them).errors(Seen(all_of_them).between(60, 62)) == {"timeout": 1}


def test_nothing_answered_has_no_percentiles() -> None:
    turns = Turns()
    turns.add(1, 10, 0, "shop", NO_LAYER, "timeout")

    assert Seen(turns).percentiles(slice(None)) is None
    assert Seen(Turns()).percentiles(slice(None)) is None


def test_a_turn_that_took_for_ever_fits() -> None:
    turns = Turns()
    turns.add(1, 1e9, -1, "shop", "l3_hot")

    assert (turns.took[0], turns.late[0]) == (LIMIT, 0)


@pytest.mark.parametrize("change", [{"took": b"\0\0\0\0"}, {"what": "text"}, {"at": None}])
def test_columns_that_do_not_belong_together_are_refused(change: dict[str, object]) -> None:
    packed = kept(some(5)).pack() | change

    with pytest.raises(ValueError, match="wanted"):
        Turns().merge(packed)  # type: ignore[arg-type]
