"""What is in this set, and may it become training sentences?

    python -m triton_models.importing FILE --tenant acme [--out DIR] [--general] [--language zh-cn]

Prints each intent with its sentences and meaning groups, and what to mind. With --out it is written as folders that
`python -m triton_models.build --data DIR` reads; --general adds the project's general intents. A set with one fault is
refused whole: faults on standard error, status 1.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from triton_models.build.corpus import Corpus, CorpusError
from triton_models.importing.faults import SHOWN
from triton_models.importing.loading import brought, with_general
from triton_models.importing.rows import TENANT
from triton_models.importing.writing import write


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    try:
        found = brought(options.file, options.tenant, options.language)
        corpus = with_general(found.corpus) if options.general else found.corpus
        files = write(corpus, options.out) if options.out else []
    except CorpusError as error:
        print(error, file=sys.stderr)
        return 1
    print(table(found.corpus))
    for note in found.notes[:SHOWN]:
        print(f"note: {note}")
    if len(found.notes) > SHOWN:
        print(f"note: ... and {len(found.notes) - SHOWN} more")
    if files:
        print(f"wrote {len(files)} files to {options.out}")
    return 0


def table(corpus: Corpus) -> str:
    sentences: Counter[str] = Counter()
    groups: Counter[str] = Counter()
    for group in corpus.groups:
        sentences[group.intent] += len(group.sentences)
        groups[group.intent] += 1
    lines = [f"{sentences[intent]:>9} {groups[intent]:>7}  {owner}/{intent}" for intent, owner in corpus.owner_of.items()]
    total = f"{corpus.sentence_count:>9} {len(corpus.groups):>7}  in {len(corpus.labels)} intents"
    return "\n".join(["sentences  groups  intent", *lines, total])


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m triton_models.importing", description="Read the sentences users bring.")
    parser.add_argument("file", type=Path, help="TSV, JSONL, a Rasa file or project, or a Dialogflow ES export")
    parser.add_argument("--tenant", type=_tenant, required=True, help="whose intents they are")
    parser.add_argument("--out", type=Path, help="folder to write <tenant>/<intent>.txt into; without it nothing is written")
    parser.add_argument("--general", action="store_true", help="add the project's general intents")
    several = "of a Dialogflow export with several: zh-cn, say; default: Chinese, else its own"
    parser.add_argument("--language", default="", help=several)
    return parser.parse_args(arguments)


def _tenant(text: str) -> str:
    if not TENANT.fullmatch(text) or text == "general":
        raise argparse.ArgumentTypeError("a tenant's name is a-z, 0-9 and _, at most 32, a letter first")
    return text


if __name__ == "__main__":
    raise SystemExit(main())
