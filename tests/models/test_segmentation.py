"""Are word borders read rightly? Pairs of sentences that share characters and divide them otherwise (发票·务 and 开·发票).

triton_models/segmentation/pairs.tsv: tenant, sentence, its intent, another sentence, its intent, what is divided how. Written
without sight of any training sentence, and never trained on.
"""

from pyshim.settings import ROOT, read_settings
from pyshim.tenants import source
from pyshim.tenants.reader import load
from pyshim.understanding.folder import scores
from pyshim.understanding.model import read_model
from pyshim.understanding.version import Version

PAIRS = ROOT / "triton_models/segmentation/pairs.tsv"


def test_nineteen_of_twenty_sentences_are_read_rightly_whatever_shares_their_characters() -> None:
    settings = read_settings({})
    version = Version(read_model(settings.models, 1))
    tenants = {name: load(source.of_folder(settings.tenants / name), settings) for name in ("bank", "shop", "telecom")}
    rows = [line.split("\t") for line in PAIRS.read_text(encoding="utf-8").splitlines()]
    assert len(rows) >= 200
    asked = [
        (tenant, text, intent)
        for tenant, one, first, other, second, _ in rows
        for text, intent in ((one, first), (other, second))
    ]
    logits = scores(version.model.folder, [text for _, text, _ in asked], settings.triton_python)
    right = [version.read(tenants[tenant], row).intent == intent for (tenant, _, intent), row in zip(asked, logits, strict=True)]
    both = [one and other for one, other in zip(right[::2], right[1::2], strict=True)]
    assert sum(right) / len(right) >= 0.95
    assert sum(both) / len(both) >= 0.90
