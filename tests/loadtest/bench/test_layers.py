"""Is it noticed when a turn was answered otherwise than meant?"""

from collections import Counter

import pytest

from loadtest.bench import layers
from loadtest.bench.layers import Counts, Unexpected

METRICS = """# TYPE sluice_turns_total counter
sluice_turns_total{tenant="bank",layer="l3_hot",status="200"} 900
sluice_turns_total{tenant="shop",layer="l3_hot",status="200"} 20
sluice_turns_total{tenant="shop",layer="l5_dialogue",status="200"} 80
sluice_turns_total{tenant="shop",layer="shim",status="499"} 64
sluice_shim_turns_total{tenant="shop",layer="l5_dialogue"} 80.0
"""


def test_turns_are_added_up_over_tenants() -> None:
    assert layers.parse(METRICS) == {("l3_hot", 200): 920, ("l5_dialogue", 200): 80}


def test_the_share_behind_the_edge_is_checked() -> None:
    counts = layers.parse(METRICS)
    layers.check(counts, 0.08)
    with pytest.raises(Unexpected, match="behind the edge"):
        layers.check(counts, 0.0)


@pytest.mark.parametrize("counts", [Counter(), Counter({("l3_hot", 200): 5000, ("l2_meter", 429): 1})])
def test_nothing_or_one_refusal_is_not_a_measurement(counts: Counts) -> None:
    with pytest.raises(Unexpected):
        layers.check(counts, 0.0)
