"""How do the project's sentences, or a user's, become a Work?

Known and held are the two sides of the split; the shipped tenants' FAQs are learned as out of scope. All of it, and whatever
public text is at hand, is what pretraining reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from triton_models.build import datasets, measure, task
from triton_models.build.corpus import Corpus
from triton_models.build.judge import TenantJudge
from triton_models.build.shipped import asking, faq
from triton_models.build.split import split
from triton_models.build.tenancy import Tenancy
from triton_models.build.work import Plans, Work


@dataclass(frozen=True)
class Project:
    """corpus: as it was read; faq: what the shipped FAQs add; known and held: what is learned from and what measures."""

    corpus: Corpus
    faq: Corpus
    known: Corpus
    held: Corpus
    tenancy: Tenancy

    @classmethod
    def of(cls, corpus: Corpus) -> Project:
        tenancy = Tenancy.of(corpus)
        asked = faq(asking(tenancy)[1])
        known, held = split(corpus)
        return cls(corpus, asked, Corpus(known.groups + asked.groups), held, tenancy)

    def judge(self) -> TenantJudge:
        questions = measure.questions(self.held, self.tenancy, asking(self.tenancy)[0])
        return TenantJudge(measure.sentences_of(self.held), questions, self.tenancy.out_of_scope)

    def work(self, folder: Path, base: Path, seed: int, plans: Plans) -> Work:
        told = task.of_corpus("project", self.known, self.held, self.tenancy)
        return Work(folder, base, told, self.judge(), self.texts(), seed, plans)

    def texts(self) -> list[str]:
        """What pretraining reads."""
        return sorted({*readable(), *measure.sentences_of(self.known)})


def readable() -> list[str]:
    """The public text at hand; none where there is none."""
    try:
        return datasets.unlabelled()
    except datasets.NoDataset as error:
        print(f"{error}; pretraining reads the sentences alone", flush=True)
        return []
