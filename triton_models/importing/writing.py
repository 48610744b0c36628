"""How does a corpus become folders that the project reads?

data/<tenant or general>/<intent>.txt, a sentence a line, blank lines between groups. Nothing that is there is overwritten:
when one file exists, none is written.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from triton_models.build.corpus import Corpus, CorpusError, Group
from triton_models.importing.rows import TENANT, complaint_about_intent


def write(corpus: Corpus, folder: Path) -> list[Path]:
    """The files written."""
    of_file: dict[Path, list[Group]] = defaultdict(list)
    for group in corpus.groups:
        if complaint_about_intent(group.intent) or "/" in group.intent or not TENANT.fullmatch(group.owner):
            raise CorpusError(f"{folder}: {group.owner}/{group.intent} cannot be a file's name")
        of_file[folder / group.owner / f"{group.intent}.txt"].append(group)
    there = [path for path in of_file if path.exists() or path.is_symlink()]
    if there:
        raise CorpusError(f"{there[0]}: is there already ({len(there)} of {len(of_file)} files); nothing was written")
    for path, groups in of_file.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write("\n\n".join("\n".join(group.sentences) for group in groups) + "\n")
    return list(of_file)
