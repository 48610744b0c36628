"""How well do the usual ways do on the same split?

TF-IDF of characters 1 to 4 with logistic regression, and fastText on characters (Chinese) or words and their parts
(English). Each gets the better of its settings, as the held sentences see it: the doubt goes to the peer.
"""

from __future__ import annotations

import re
import tempfile
import time
from pathlib import Path
from typing import Any

import fasttext
import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from triton_models.build.measure import macro_f1
from triton_models.build.task import Task

CS = (5.0, 20.0)
FASTTEXT = ({"epoch": 25, "lr": 0.5, "wordNgrams": 3}, {"epoch": 50, "lr": 1.0, "wordNgrams": 2})
IN_WORDS = {"minn": 2, "maxn": 4}
LABEL = "__label__"


def tfidf(task: Task) -> dict[str, Any]:
    began = time.monotonic()
    vectors = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), sublinear_tf=True)
    known = vectors.fit_transform([example.text for example in task.train])
    asked = vectors.transform([example.text for example in task.held])
    meant = [task.index[example.intent] for example in task.train]
    guesses = {c: LogisticRegression(C=c, max_iter=1000, tol=1e-4).fit(known, meant).predict(asked) for c in CS}
    return _best(task, {f"C={c:g}": guess for c, guess in guesses.items()}, began)


def fast_text(task: Task, threads: int = 1) -> dict[str, Any]:
    """One thread: more make its result a matter of chance."""
    began = time.monotonic()
    guesses = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.txt"
        rows = [f"{LABEL}{task.index[example.intent]} {spaced(example.text, task.noisy)}" for example in task.train]
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
        for plan in FASTTEXT:
            extra = {} if task.noisy else IN_WORDS
            model = fasttext.train_supervised(str(path), dim=100, bucket=200_000, thread=threads, verbose=0, **plan, **extra)
            answers = [model.predict(spaced(example.text, task.noisy))[0] for example in task.held]
            told = [int(answer[0].removeprefix(LABEL)) if answer else -1 for answer in answers]
            guesses[f"epoch={plan['epoch']} wordNgrams={plan['wordNgrams']}"] = np.array(told)
    return _best(task, guesses, began)


def spaced(text: str, chinese: bool) -> str:
    """As fastText wants it: one line, what counts as a word between blanks."""
    flat = re.sub(r"\s+", " ", text.lower()).strip()
    return " ".join(flat.replace(" ", "")) if chinese else flat


def _best(task: Task, guesses: dict[str, NDArray[np.int64]], began: float) -> dict[str, Any]:
    label = np.array([task.index[example.intent] for example in task.held])
    name, guess = max(guesses.items(), key=lambda one: float((one[1] == label).mean()))
    return {
        "accuracy": round(float((guess == label).mean()), 4),
        "macro_f1": round(macro_f1(guess, label), 4),
        "setting": name,
        "seconds": round(time.monotonic() - began, 1),
    }
