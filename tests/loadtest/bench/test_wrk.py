"""What do we take from wrk?"""

from pathlib import Path

import pytest

from loadtest.bench import wrk
from loadtest.bench.sequence import Turn
from loadtest.bench.wrk import BadRun, Load

SAID = """Running 2s test @ http://127.0.0.1:1/v1/chat
  1 threads and 64 connections
Requests/sec:   8000.00
{"requests":16000,"seconds":2.000000,"mean_ms":2.125,"p50_ms":1.500,"p99_ms":9.250,"max_ms":12.000,"refused":0,"broken":0}
"""


def test_the_last_line_is_the_result() -> None:
    run = wrk.parse(SAID)
    assert (run.per_s, run.p50_ms, run.p99_ms) == (8000.0, 1.5, 9.25)


@pytest.mark.parametrize("output", ["", "unable to connect\n", '{"requests":1}\n'])
def test_an_output_without_a_result_is_a_bad_run(output: str) -> None:
    with pytest.raises(BadRun):
        wrk.parse(output)


def test_a_turn_is_a_line_of_token_and_body(tmp_path: Path) -> None:
    path = wrk.write(tmp_path / "turns.tsv", [Turn("a.b.c", '说"你好"\t吗'), Turn("d.e.f", "再见")])
    assert path.read_text(encoding="utf-8").splitlines() == ['a.b.c\t{"query":"说\\"你好\\"\\t吗"}', 'd.e.f\t{"query":"再见"}']


def test_only_a_paced_load_names_a_rate(tmp_path: Path) -> None:
    free, paced = Load("http://x/", tmp_path, 64), Load("http://x/", tmp_path, 64, rate=5600.4)
    assert free.command(10)[-2:] == [str(tmp_path), "1"]
    assert paced.command(10)[-3:] == [str(tmp_path), "1", "5600"]
    assert "-c64" in free.command(10)
    assert "-d10s" in free.command(10)
