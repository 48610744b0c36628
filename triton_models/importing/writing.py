"""How does a corpus become folders that the project reads?

data/<tenant or general>/<intent>.txt, a sentence a line, blank lines between groups. The folder may hold other tenants' intents.
Nothing is overwritten, and nothing is written that could not be read back: an intent has one owner, a sentence one place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from triton_models.build.corpus import Corpus, CorpusError, Group
from triton_models.importing.faults import SHOWN
from triton_models.importing.rows import TENANT, complaint_about_intent


def write(corpus: Corpus, folder: Path) -> list[Path]:
    """The files written."""
    of_file: dict[Path, list[Group]] = defaultdict(list)
    for group in corpus.groups:
        if complaint_about_intent(group.intent) or "/" in group.intent or not TENANT.fullmatch(group.owner):
            raise CorpusError(f"{folder}: {group.owner}/{group.intent} cannot be a file's name")
        of_file[folder / group.owner / f"{group.intent}.txt"].append(group)
    complaints = list(_complaints(of_file, folder))
    if complaints:
        more = f"\n... and {len(complaints) - SHOWN} more" if len(complaints) > SHOWN else ""
        raise CorpusError("nothing was written\n" + "\n".join(complaints[:SHOWN]) + more)
    for path, groups in of_file.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write("\n\n".join("\n".join(group.sentences) for group in groups) + "\n")
    return list(of_file)


def _complaints(of_file: dict[Path, list[Group]], folder: Path) -> Iterator[str]:
    owned = {path.stem: path for path in folder.glob("*/*.txt")}
    said = {line: path for path in owned.values() for line in path.read_text(encoding="utf-8", errors="replace").split("\n")}
    for path, groups in of_file.items():
        if path.exists() or path.is_symlink():
            yield f"{path}: is there already"
        elif path.stem in owned:
            yield f"{path}: {owned[path.stem]} has an intent of this name; wanted: names of your own"
        for sentence in (sentence for group in groups for sentence in group.sentences):
            if sentence in said and said[sentence] != path:
                yield f"{path}: {sentence!r} is in {said[sentence]} already; wanted: each sentence once"
