"""Is a version that is broken refused or rolled back by itself, and does the old one serve on?"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import wait_until
from tests.models.broken import without_numbers
from tests.rollout.conftest import DEEP, Operator, asking

pytestmark = pytest.mark.real


def edited(name: str, before: str, after: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert before in text
        (folder / name).write_text(text.replace(before, after), encoding="utf-8")

    return edit


def truncated(folder: Path) -> None:
    (folder / "student.onnx").write_bytes((folder / "student.onnx").read_bytes()[:100_000])


@pytest.fixture(scope="module")
def steps() -> dict[str, str]:
    """A bad version is found by its turns, however slowly a busy machine makes them."""
    return {"ROLLOUT_STEP_TURNS": "30", "ROLLOUT_STEP_MAX_S": "60"}


@pytest.fixture(autouse=True)
def _left_as_found(operator: Operator) -> Iterator[None]:
    yield
    operator.alone()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (truncated, "student.onnx: cannot be run"),
        (without_numbers, "LOGITS of an ordinary sentence is not a number"),
        (edited("labels.txt", "greet\n", ""), "router.bin: 85 classes, but labels.txt has 84"),
        (edited("labels.txt", "bye\ncancel_flow\n", "cancel_flow\nbye\n"), "bye is out of order"),
        (edited("labels.txt", "greet\n", "greet_everybody\n"), "does not know greet"),
        (lambda folder: (folder / "router.bin").unlink(), "lacks router.bin"),
    ],
    ids=["truncated", "nan", "label-missing", "labels-swapped", "unknown-intent", "no-router"],
)
def test_what_is_seen_on_disk_is_refused_and_nothing_changes(
    operator: Operator, spoil: Callable[[Path], None], says: str
) -> None:
    before = operator.record()
    with asking(operator.stack, customers=1) as steady:
        said = operator.refused("load", operator.version(3, spoil))
    assert "version 3 is refused, nothing was changed" in said
    assert says in said
    assert operator.record() == before
    assert set(steady.versions) == {"1"}


def test_what_triton_cannot_load_is_refused_with_its_reason(operator: Operator) -> None:
    operator.version(3, edited("model.py", "def initialize(", "def initialise("))
    with asking(operator.stack) as steady:
        said = operator.refused("load", 3)
    assert "refused 3" in said
    assert "version 1 serves on" in said
    assert operator.record().candidate == 0
    assert set(steady.versions) == {"1"}


def test_what_says_something_else_in_triton_than_on_disk_is_refused_before_anybody_is_answered(operator: Operator) -> None:
    operator.version(
        3, edited("model.py", "return logits, embedding\n\n\ndef", "return logits[:, ::-1].copy(), embedding\n\n\ndef")
    )
    with asking(operator.stack) as steady:
        said = operator.refused("canary", 3, "--percent", 50)
    assert "scores by Triton and from the files are" in said
    assert set(steady.versions) == {"1"}


@pytest.mark.parametrize(
    "fault",
    [
        edited("model.py", "if not text.strip():", 'if not text.strip() or "哪个城市" in text:'),
        edited(
            "model.py",
            "        back = np.argsort(order)\n",
            '        back = np.argsort(order)\n        if any("哪个城市" in text for text in texts):\n'
            "            parts = [(part[0] * np.nan, part[1]) for part in parts]\n",
        ),
    ],
    ids=["errors", "nan"],
)
def test_what_fails_while_serving_is_rolled_back_by_itself_and_no_customer_notices(
    operator: Operator, fault: Callable[[Path], None]
) -> None:
    operator.version(4, fault)
    with asking(operator.stack, DEEP) as steady:
        operator.done("canary", 4, "--percent", 50)
        began = time.monotonic()
        wait_until(lambda: operator.record().candidate == 0, 60)
        assert time.monotonic() - began < 60
        wait_until(lambda: operator.ready_model() == {"stable": 1, "candidate": 0, "percent": 0})
    assert set(steady.intents) == {"logistics_track"}
    why = operator.events()[-1]
    assert why.startswith("rolled back 4: failed: ")
    assert "by the stable version (e-value 10^" in why
    assert "rolled back 4: failed" in operator.done("list")


def test_a_promotion_of_a_bad_version_ends_with_its_rollback(operator: Operator) -> None:
    operator.version(4, edited("model.py", "if not text.strip():", 'if not text.strip() or "哪个城市" in text:'))
    operator.done("canary", 4, "--percent", 40)
    with asking(operator.stack, DEEP, customers=4):
        said = operator.refused("promote")
    assert "rolled back 4: failed" in said
    assert "version 1 serves on" in said
