"""What do the large word lists do with the confirmer beside them?

    python -m triton_models.bench.sensitive [--data DIR] [--model DIR]
    measured(data, model) -> the figures

Two questions, on text that no training and no threshold has seen, with all four lists of sensitive_lexicon loaded:

    shop questions     jddc_intent train and valid, all harmless: in what share is anything masked? Wanted: 0.05 % at most.
    strong words       cold_offensive dev, sentences labelled offensive that carry a listed strong word: in what share is one of
                       these words masked? Wanted: 80 % at least. Beside it: sentences of both labels, and harmless ones;
                       and of all sentences of each label, in what share anything is masked.

A listed strong word is, for this figure, one that two of the four lists hold at least, of two characters or more (three Latin
letters), which no sentence of triton_models/data and massive_zh train uses. The definition knows neither confirmer nor
cold_offensive: names of peoples and places fall under it too.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pyshim.language.folding import fold
from pyshim.settings import ROOT, read_settings
from pyshim.words import lexicon, offence
from pyshim.words.sensitive import Sensitive
from triton_models.build import corpus, datasets, measure
from triton_models.build.sensitive import accuracy

STUDENT = ROOT / "triton_models/repository/student/1"


def main() -> dict[str, Any]:
    parser = argparse.ArgumentParser(prog="python -m triton_models.bench.sensitive", description=__doc__)
    parser.add_argument("--data", type=Path, default=read_settings().datasets, help="folder of the data sets")
    parser.add_argument("--model", type=Path, default=STUDENT, help="version folder with sensitive.bin")
    options = parser.parse_args()
    figures = measured(options.data, options.model)
    print(json.dumps(figures, ensure_ascii=False, indent=2))
    return figures


def measured(data: Path, model: Path) -> dict[str, Any]:
    if not data.is_dir():
        raise SystemExit(f"{data}: no such folder; --data names the one that holds jddc_intent and the others")
    words, judge = lexicon.read((data / "sensitive_lexicon",)), offence.load(model)
    if judge is None:
        raise SystemExit(f"{model}: no {offence.TABLE}")
    masks = Sensitive(words, judge)
    shop = [*texts_of(data / "jddc_intent/train.tsv"), *texts_of(data / "jddc_intent/valid.tsv")]
    dev = [(row["text"], row["label"]) for row in datasets.rows(data / "cold_offensive/dev.tsv")]
    return {
        "words": len(words),
        "shop_questions": {"questions": len(shop), **share_masked(masks, shop)},
        "listed_strong_words": strong_words(masks, words, data, [(text, label == "1") for text, label in dev]),
        "cold_dev_masked": {
            "offensive": share_masked(masks, [text for text, label in dev if label == "1"]),
            "harmless": share_masked(masks, [text for text, label in dev if label != "1"]),
        },
        "confirmer_on_cold_dev": accuracy(judge, [(text, label == "1") for text, label in dev]),
        "microseconds_for_60_characters": speed(masks),
    }


def texts_of(file: Path) -> list[str]:
    return [row["text"] for row in datasets.rows(file)]


def share_masked(masks: Sensitive, texts: list[str]) -> dict[str, Any]:
    masked = sum(bool(masks.spans(text)) for text in texts)
    return {"masked": masked, "percent": round(100 * masked / len(texts), 3)}


def strong_words(masks: Sensitive, words: lexicon.Lexicon, data: Path, texts: list[tuple[str, bool]]) -> dict[str, Any]:
    asked = [*measure.sentences_of(corpus.own()), *texts_of(data / "massive_zh/train.tsv")]
    every = Sensitive(words, None)
    used = {word for text in asked for word in every.listed(text)}
    strong = {word for word, entry in words.items() if entry.lists >= 2} - used
    carried = [(text, offensive, every.listed(text) & strong) for text, offensive in texts]
    carrying = [(text, offensive, found) for text, offensive, found in carried if found]
    return {
        "strong_words": len(strong),
        "offensive": _caught(masks, ((text, found) for text, offensive, found in carrying if offensive)),
        "harmless": _caught(masks, ((text, found) for text, offensive, found in carrying if not offensive)),
        "both": _caught(masks, ((text, found) for text, _, found in carrying)),
    }


def _caught(masks: Sensitive, carrying: Iterable[tuple[str, set[str]]]) -> dict[str, Any]:
    """A sentence is caught when one of its strong words is masked."""
    caught = [bool({fold(text[start:end]) for start, end in masks.spans(text)} & found) for text, found in carrying]
    return {"sentences": len(caught), "caught": sum(caught), "percent": round(100 * sum(caught) / max(len(caught), 1), 2)}


def speed(masks: Sensitive) -> dict[str, float]:
    """Without any listed word, and with one that the confirmer is asked about."""
    plain, doubtful = "您好呀" * 20, ("您好呀" * 9 + "鬼子" + "您好呀" * 11)[:60]
    return {"without": _microseconds(masks, plain), "with_a_doubtful_word": _microseconds(masks, doubtful)}


def _microseconds(masks: Sensitive, text: str, times: int = 2_000) -> float:
    started = time.perf_counter()
    for _ in range(times):
        masks.spans(text)
    return round((time.perf_counter() - started) / times * 1e6, 1)


if __name__ == "__main__":
    main()
