"""Rules, n-gram router, student, teacher: how often right, how fast, how large, on the same validation sentences?"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from loadtest.claims import card
from loadtest.claims.claim import Measured, Row
from loadtest.claims.rules import Rules, found
from pyshim.language.router import Router
from pyshim.settings import read_settings
from pyshim.understanding.model import read_model
from pyshim.understanding.student import Encoder
from triton_models.build import calibrate
from triton_models.build import corpus as corpora
from triton_models.build import measure as measures
from triton_models.build.corpus import OUT_OF_SCOPE, Corpus
from triton_models.build.measure import Audience, Floats, Questions
from triton_models.build.router_speed import router_speed
from triton_models.build.shipped import asking
from triton_models.build.split import split
from triton_models.build.tenancy import Tenancy

TIMED = 400
HOW = (
    "Validation sentences of the shipped tenants (meaning groups that were never trained on), each asked of its own tenant; one "
    "thread, one sentence at a time. The teacher's row is of the run that trained the shipped version (card.json)."
)


def _rules_of(train: Corpus, audience: Audience) -> Rules:
    known = audience.intents | {OUT_OF_SCOPE}
    pairs = zip(measures.sentences_of(train), measures.intents_of(train), strict=True)
    return found([(text, intent if intent in known else OUT_OF_SCOPE) for text, intent in pairs], OUT_OF_SCOPE)


def _by_rules(train: Corpus, texts: list[str], audiences: list[Audience], asked: list[Questions], labels: list[str]) -> Row:
    right, total, spent, count, size = 0, 0, [], 0, 0
    for audience, one in zip(audiences, asked, strict=True):
        rules = _rules_of(train, audience)
        count += len(rules)
        size += sum(sys.getsizeof(name) for name in rules.intents) + 8 * len(rules)
        rows = one.row[one.native]
        right += sum(rules.guess(texts[row]) == labels[label] for row, label in zip(rows, one.label[one.native], strict=True))
        total += len(rows)
        spent += _timed(rules.guess, [texts[row] for row in rows[:TIMED]])
    return _row(f"rules ({count:,} found in the training sentences)", right / total, spent, size)


def _timed(ask: Callable[[str], object], texts: list[str]) -> list[float]:
    """Milliseconds of each."""
    took = []
    for text in texts:
        began = time.perf_counter()
        ask(text)
        took.append((time.perf_counter() - began) * 1e3)
    return took


def _row(what: str, accuracy: float, took_ms: list[float], size: int) -> Row:
    return {
        "what": what,
        "right %": round(accuracy * 100, 1),
        "p50 ms": round(float(np.percentile(took_ms, 50)), 4),
        "p99 ms": round(float(np.percentile(took_ms, 99)), 4),
        "MB": round(size / 1e6, 1),
    }


def _accuracy(logits: Floats, asked: list[Questions], tenancy: Tenancy) -> float:
    reads = calibrate.reading(logits, asked, tenancy.out_of_scope)
    return measures.overall([measures.figures(logits, one, tenancy.out_of_scope, *reads) for one in asked]).accuracy


def measure(folder: Path, quick: bool) -> Measured:
    whole = corpora.own()
    train, held = split(whole)
    tenancy = Tenancy.of(whole)
    audiences, _ = asking(tenancy)
    asked = measures.questions(held, tenancy, audiences)
    texts = measures.sentences_of(held)
    version = read_model(read_settings({}).models).folder
    rows = [_by_rules(train, texts, audiences, asked, tenancy.labels)]
    rows.append(_router(version / "router.bin", texts, asked, tenancy))
    rows.append(_student(version, texts, asked, tenancy))
    teacher = card.read()["steps"]
    rows.append(
        {
            "what": "teacher, 12 layers, FP32",
            "right %": round(teacher["teacher"]["accuracy"] * 100, 1),
            "p50 ms": teacher["speed"]["teacher"]["p50_ms"],
            "p99 ms": teacher["speed"]["teacher"]["p99_ms"],
            "MB": round(teacher["teacher"]["bytes"] / 1e6, 1),
        }
    )
    said = (
        "The student is as good as its teacher: 12 layers of this width learn no more from 14,000 sentences than 4 do. The "
        "router, in nginx, is far better than rules and takes microseconds; that is why most turns need no model."
    )
    return Measured(rows, said, HOW)


def _router(path: Path, texts: list[str], asked: list[Questions], tenancy: Tenancy) -> Row:
    router = Router.load(path)
    silent = np.zeros(router.shape.classes)
    logits = np.stack([silent if (scores := router.logits(text)) is None else scores for text in texts])
    took = router_speed(path, texts)  # in LuaJIT, as nginx runs it
    row = _row("n-gram router, INT8, in LuaJIT", _accuracy(logits, asked, tenancy), [0.0], path.stat().st_size)
    return row | {"p50 ms": took["p50_ms"], "p99 ms": took["p99_ms"]}


def _student(version: Path, texts: list[str], asked: list[Questions], tenancy: Tenancy) -> Row:
    path = version / "student.onnx"
    encoder = Encoder.load(path, version / "tokenizer.json")
    logits = encoder.read(texts)[0].astype(np.float64)
    _timed(lambda text: encoder.read([text]), texts[:40])
    took = _timed(lambda text: encoder.read([text]), texts[:TIMED])
    return _row("student, 4 layers, INT8", _accuracy(logits, asked, tenancy), took, path.stat().st_size)
