"""Distilled, pruned, quantised: how fast, how large, how good is each stage beside the one before?"""

from pathlib import Path
from typing import Any

from loadtest.claims import card
from loadtest.claims.claim import Measured, Row

STAGES = (  # of the card: the step that trained it, its name in the speeds, and in the table
    ("teacher", "teacher", "teacher, 12 layers, FP32"),
    ("distil", "student", "distilled to 4 layers"),
    ("prune", "pruned", "pruned from 12 heads to 6"),
    ("quantise", "int8", "quantised to INT8"),
)
HOW = (
    "Figures of the run that trained the shipped version (`make models`, card.json): one thread of onnxruntime; the models take "
    "turns, sentence by sentence, so that other work falls on all of them. On the public sets: `make bench-models`."
)


def _row(steps: dict[str, Any], stage: tuple[str, str, str], before: tuple[str, str, str]) -> Row:
    step, name, what = stage
    now, was = steps["speed"][name], steps["speed"][before[1]]
    parameters = steps[step].get("parameters", steps["prune"]["parameters"])  # quantising leaves as many
    return {
        "stage": what,
        "right %": round(steps[step]["accuracy"] * 100, 1),
        "points gained": round((steps[step]["accuracy"] - steps[before[0]]["accuracy"]) * 100, 1),
        "p50 ms": now["p50_ms"],
        "sentences/s": now["per_second"],
        "times as fast": round(now["per_second"] / was["per_second"], 2),
        "MB": round(now["bytes"] / 1e6, 1),
        "million parameters": round(parameters / 1e6, 2),
    }


def measure(folder: Path, quick: bool) -> Measured:
    steps = card.read()["steps"]
    rows = [_row(steps, stage, STAGES[max(0, number - 1)]) for number, stage in enumerate(STAGES)]
    speed = steps["speed"]
    whole = speed["int8"]["per_second"] / speed["teacher"]["per_second"]
    lighter = 1 - steps["prune"]["parameters"] / steps["distil"]["parameters"]
    smaller = speed["int8"]["bytes"] / speed["teacher"]["bytes"]
    gained = (steps["quantise"]["accuracy"] - steps["teacher"]["accuracy"]) * 100
    said = (
        f"All together {whole:.1f} times the teacher's speed at {smaller:.0%} of its size, and {gained:+.1f} points. Half of the "
        f"heads are only {lighter:.0%} of the parameters here: most of them are the vocabulary's."
    )
    return Measured(rows, said, HOW)
