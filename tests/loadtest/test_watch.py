"""What can be seen of a system, and what is said of the rest?"""

import os

from loadtest.seen import watch
from loadtest.seen.processes import GENERATOR, Processes
from loadtest.seen.record import Event
from loadtest.seen.watch import OwnMetrics, Watch

PAGE = """# HELP sluice_triton_breaker_open x
sluice_triton_breaker_open{shim="0"} %s
sluice_model_version{role="stable"} 1
sluice_model_version{role="candidate"} %s
sluice_rollout_percent %s
sluice_config_version{role="serving"} 3
nv_inference_count{model="student",version="1"} 120
nv_inference_count{model="student",version="2"} 30
nv_inference_count{model="teacher",version="1"} 1000
"""


def test_versions_of_one_model_are_summed() -> None:
    assert watch.summed(watch.samples(PAGE % (0, 0, 0)), "nv_inference_count", 'model="student"') == 150


def test_what_changes_of_breakers_and_versions_is_an_event() -> None:
    pages = [PAGE % (0, 0, 0), PAGE % (1, 0, 0), PAGE % (1, 2, 20), PAGE % (0, 2, 20), PAGE % (0, 0, 0)]
    own = OwnMetrics("http://nowhere")
    for t, page in enumerate(pages):
        own.take(t, watch.samples(page))

    assert own.events == [
        Event(1, "breaker", "open, shim 0"),
        Event(2, "rollout", "candidate model 2"),
        Event(2, "rollout", "candidate model gets 20 % of users"),
        Event(3, "breaker", "closed, shim 0"),
        Event(4, "rollout", "no candidate model"),
        Event(4, "rollout", "candidate model gets 0 % of users"),
    ]


def test_a_source_that_goes_away_leaves_a_gap_and_no_failure() -> None:
    seen = Watch(Processes(None), own=OwnMetrics("http://127.0.0.1:1/metrics"))

    seen.look(1.0)

    assert seen.events() == []


def test_a_process_is_watched_by_its_name() -> None:
    processes = Processes(None, [os.getpid()])

    processes.look(0.0)
    sum(number * number for number in range(200_000))
    processes.look(1.0)

    (reading,) = processes.readings
    assert (reading.t, reading.name) == (1.0, GENERATOR)
    assert reading.memory > 5
    assert reading.processor >= 0


def test_a_process_that_ended_is_left_out() -> None:
    processes = Processes(None, [2**22 + 1])

    processes.look(0.0)
    processes.look(1.0)

    assert processes.readings == []


def test_what_cannot_be_seen_of_one_elsewhere_is_said() -> None:
    seen = watch.remote("http://127.0.0.1:1", [])

    assert seen.own is None
    assert seen.missing[0].startswith("sluice is elsewhere")
    assert seen.missing[1].startswith("sluice's metrics cannot be read")
    assert watch.remote(None, []).missing[1] == "no --operations-url: no breakers, no versions"
