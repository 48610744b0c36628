"""How is the confirmer of sensitive words made?

Texts of cold_offensive (train) are offensive or harmless as labelled; the project's own sentences, massive_zh (train) and half of
what is said in crosswoz are harmless, and learnt four times where a listed word stands in them: these are the ones that must not
be masked. Longer texts are cut into windows as the confirmer reads them. A tenth of all, chosen by the hash of the text, is kept
apart to measure with, as are massive_zh (valid) and the other half of crosswoz. Neither jddc_intent nor cold_offensive dev is
looked at here.

    train_sensitive(data, out, seed) -> figures; writes out/sensitive.bin and out/sensitive.json. data is the folder of the
    data sets, which also holds the word lists whose usage is counted.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch

from pyshim.language.router import MAX_SYMBOLS, Shape
from pyshim.settings import read_settings
from pyshim.words.lexicon import Lexicon, Usage, key, read
from pyshim.words.offence import SHEET, TABLE, Confirmer, Sheet, load
from pyshim.words.sensitive import Sensitive
from triton_models.build import corpus, datasets, measure, ngrams
from triton_models.build.lesson import Lesson

HERE = Path(__file__).resolve().parents[1]
SHAPE = Shape(buckets=1 << 16, dims=8, classes=2, min_n=1, max_n=4)
PLAN = ngrams.Plan(epochs=4, batch=128)
THRESHOLD = 0.75  # where the kept harmless sentences end; one found from their few worst would change with every seed
REPEATED = 4
STRIDE = MAX_SYMBOLS // 2
OFTEN, HURTING_SHARE, MEANT_WELL_SHARE = 3, 0.15, 1 / 3


@dataclass(frozen=True)
class Text:
    text: str
    offensive: bool
    posted: bool  # from cold_offensive: what people post, not what they ask

    @property
    def kept(self) -> bool:
        """Kept apart from training."""
        return _hash(self.text) < 26


def train_sensitive(data: Path, out: Path, seed: int) -> dict[str, Any]:
    lexicon = read((data / "sensitive_lexicon",))
    texts = [*_posted(data / "cold_offensive/train.tsv"), *_asked(data)]
    known, kept = [one for one in texts if not one.kept], [one for one in texts if one.kept]
    print(f"sensitive: {len(known)} texts to learn from, {len(kept)} kept apart", flush=True)
    torch.manual_seed(seed)
    ngrams.write(ngrams.train(_lesson(known, lexicon), SHAPE, PLAN, seed), out / TABLE)
    usage = usage_of(lexicon, known)
    sheet = Sheet(THRESHOLD, usage)
    (out / SHEET).write_bytes(msgspec.json.encode(sheet, order="deterministic") + b"\n")
    confirmer = load(out)
    assert confirmer is not None
    masks, harmless = Sensitive(lexicon, confirmer), [one.text for one in kept if not one.posted] + _unseen(data)
    return {
        "texts": len(known),
        "bytes": (out / TABLE).stat().st_size,
        "words": {name: len(keys) for name, keys in msgspec.structs.asdict(usage).items()},
        "kept_harmless": {"sentences": len(harmless), "masked": sum(bool(masks.spans(text)) for text in harmless)},
        "kept_posted": accuracy(confirmer, [(one.text, one.offensive) for one in kept if one.posted]),
    }


def _lesson(known: list[Text], lexicon: Lexicon) -> Lesson:
    lists = Sensitive(lexicon, None)
    pieces = [(piece, one.offensive) for one in known for piece in windows(one.text)]
    hard = [one.text for one in known if not one.posted and lists.listed(one.text)]
    pieces += [(piece, False) for text in hard for piece in windows(text)] * (REPEATED - 1)
    wanted = np.array([[not offensive, offensive] for _, offensive in pieces], np.float32)
    return Lesson([piece for piece, _ in pieces], wanted, np.ones_like(wanted, bool))


def windows(text: str) -> list[str]:
    """The text as the confirmer reads it: whole, or in overlapping pieces."""
    starts = range(0, max(len(text) - STRIDE, 1), STRIDE)
    return [text[start : start + MAX_SYMBOLS] for start in starts]


def usage_of(lexicon: Lexicon, texts: list[Text]) -> Usage:
    """Counts sentences, not occurrences."""
    lists = Sensitive(lexicon, None)
    asked: Counter[str] = Counter()
    posted: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for one in texts:
        (posted[one.offensive] if one.posted else asked).update(lists.listed(one.text))
    ordinary: set[int] = set()
    mixed: set[int] = set()
    hurting: set[int] = set()
    for word in {*asked, *posted[True], *posted[False]}:
        said = posted[True][word] + posted[False][word]
        meant_well = posted[False][word] / said if said else 1.0
        if asked[word] >= OFTEN and meant_well > MEANT_WELL_SHARE:
            ordinary.add(key(word))
        if asked[word] or meant_well > HURTING_SHARE:
            mixed.add(key(word))
        elif (posted[False][word] + 0.5) / (said + 1) <= HURTING_SHARE:
            hurting.add(key(word))
    return Usage(frozenset(ordinary), frozenset(mixed), frozenset(hurting))


def accuracy(confirmer: Confirmer, texts: list[tuple[str, bool]]) -> dict[str, float]:
    """Of the confirmer alone on whole texts: the mean of their windows, at one half."""
    said = np.array([np.mean([confirmer.offends(piece) for piece in windows(text)]) >= 0.5 for text, _ in texts])
    true = np.array([offensive for _, offensive in texts])
    both, either = (said & true).sum(), said.sum() + true.sum()
    return {"accuracy": round(float((said == true).mean()), 4), "f1": round(float(2 * both / either), 4), "questions": len(texts)}


def _posted(file: Path) -> list[Text]:
    return [Text(row["text"], row["label"] == "1", True) for row in datasets.rows(file)]


def _asked(data: Path) -> list[Text]:
    own = measure.sentences_of(corpus.own())
    said = [text for text in _said(data) if not _other_half(text)]
    return [Text(text, False, False) for text in [*own, *_column(data / "massive_zh/train.tsv"), *said]]


def _unseen(data: Path) -> list[str]:
    return [*_column(data / "massive_zh/valid.tsv"), *(text for text in _said(data) if _other_half(text))]


def _column(file: Path) -> list[str]:
    return [row["text"] for row in datasets.rows(file)]


def _said(data: Path) -> list[str]:
    """What people and their guide say in crosswoz."""
    talks = datasets.lines(data / "crosswoz/val.jsonl")
    return sorted({message["text"] for talk in talks for message in talk["messages"]})


def _hash(text: str, byte: int = 0) -> int:
    return hashlib.sha256(text.encode()).digest()[byte]


def _other_half(text: str) -> bool:
    return _hash(text, 1) >= 128


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m triton_models.build.sensitive", description="Train the confirmer.")
    parser.add_argument("--data", type=Path, default=read_settings().datasets, help="folder of the data sets")
    parser.add_argument("--out", type=Path, default=HERE / "repository/student/1", help="version folder to add it to")
    parser.add_argument("--seed", type=int, default=20231105)
    options = parser.parse_args()
    print(train_sensitive(options.data, options.out, options.seed))


if __name__ == "__main__":
    main()
