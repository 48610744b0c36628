"""Is what the edge counts what Prometheus understands, and does counting stay cheap with many tenants?"""

import time
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families as families

from pyshim.settings import ROOT
from tests.edge.conftest import DICTIONARY, lupa

BEGIN = """
local path = ...
package.path = path .. "/lua/?.lua;" .. package.path
local dict = (function() %s end)()
function dict:set(key, value) self.values[key] = value end
function dict:get_keys() local keys = {} for key in pairs(self.values) do keys[#keys + 1] = key end return keys end
slept = 0
ngx = { shared = { metrics = dict }, worker = { id = function() return 0 end }, sleep = function() slept = slept + 1 end }
return require "edge.metrics"
"""


@pytest.fixture
def lua() -> Any:
    return lupa.LuaRuntime(unpack_returned_tuples=True)


@pytest.fixture
def metrics(lua: Any) -> Any:
    return lua.execute(BEGIN % DICTIONARY, str(ROOT))


def values(text: str) -> dict[tuple[str, ...], float]:
    """(name, label values in order) -> value."""
    return {(sample.name, *sample.labels.values()): sample.value for family in families(text) for sample in family.samples}


def test_turns_are_counted_and_timed_by_tenant_layer_and_outcome(lua: Any, metrics: Any) -> None:
    metrics.turn("shop", "l3_hot", 200, 0.0007)
    metrics.turn("shop", "l3_hot", 200, 0.004)
    metrics.turn("shop", "l3_hot", 200, 9, True)
    metrics.turn("bank", "l2_meter", 429, 0.0001)
    metrics.turn("bank", "shim", 503, 2)
    metrics.turn("bank", "l5_dialogue", 499, 0.1)
    metrics.flush()
    said = values(metrics.render(lua.table()))
    assert said["sluice_turns_total", "shop", "l3_hot", "200"] == 3
    for who in (
        ("shop", "l3_hot", "answered", 2),
        ("shop", "l3_hot", "degraded", 1),
        ("bank", "l2_meter", "refused", 1),
        ("bank", "shim", "failed", 1),
        ("bank", "l5_dialogue", "left", 1),
    ):
        assert said["sluice_turn_seconds_count", *who[:3]] == who[3]
        assert said["sluice_turn_seconds_bucket", *who[:3], "+Inf"] == who[3]
    hot = "sluice_turn_seconds_bucket", "shop", "l3_hot", "answered"
    assert [said[*hot, bound] for bound in ("0.0005", "0.001", "0.002", "0.005", "1.5")] == [0, 1, 1, 2, 2]
    assert said["sluice_turn_seconds_sum", "shop", "l3_hot", "answered"] == pytest.approx(0.0047)


def test_every_family_is_one_group_with_a_type(lua: Any, metrics: Any) -> None:
    metrics.turn("shop", "l3_hot", 200, 0.1)
    metrics.broken("l3_hot")
    metrics.flush()
    text = metrics.render(lua.table_from({"sluice_late_turns": 3}))
    assert {family.name: family.type for family in families(text)} == {
        "sluice_turns": "counter",
        "sluice_turn_seconds": "histogram",
        "sluice_layer_broken": "counter",
        "sluice_edge_lua_bytes": "gauge",
        "sluice_late_turns": "gauge",
    }
    assert text.count("# TYPE sluice_turn_seconds histogram\n") == 1


def test_pages_of_several_shims_become_one_and_every_series_says_whose_it_is(lua: Any, metrics: Any) -> None:
    page = '# HELP a_total What.\n# TYPE a_total counter\na_total{{x="1"}} {0}\n# HELP b Else.\n# TYPE b gauge\nb {0}.5\n'
    text = metrics.merged(lua.table_from({0: page.format(1), 1: page.format(2)}))
    assert text.count("# TYPE") == 2
    assert values(text) == {("a_total", "0", "1"): 1, ("a_total", "1", "1"): 2, ("b", "0"): 1.5, ("b", "1"): 2.5}
    assert metrics.merged(lua.table()) == "\n"


@pytest.mark.long
def test_three_hundred_tenants_cost_a_turn_what_one_does_and_whoever_reads_lets_turns_pass(lua: Any, metrics: Any) -> None:
    count = lua.eval(
        """function(turn, tenants, turns)
            local names = {}
            for i = 1, tenants do names[i] = "tenant-" .. i end
            for i = 1, turns do turn(names[i % tenants + 1], "l3_hot", 200, 0.001 * (i % 7)) end
        end"""
    )

    def seconds(tenants: int) -> float:
        began = time.thread_time()  # whoever else uses the core does not count
        count(metrics.turn, tenants, 200_000)
        return time.thread_time() - began

    seconds(300), seconds(1)  # names are made, the code is compiled
    few, many = min(seconds(1) for _ in range(5)), min(seconds(300) for _ in range(5))
    assert many < 200_000 * 2e-6, f"{many / 200_000 * 1e6:.2f} us a turn ({few / 200_000 * 1e6:.2f} us with one tenant)"
    metrics.flush()
    assert len(values(metrics.render(lua.table()))) > 300 * 16
    assert lua.globals().slept > 20
