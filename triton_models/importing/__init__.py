"""How do sentences that users bring become a corpus?

`python -m triton_models.importing FILE --tenant NAME --out DIR` reads TSV, JSONL, a Rasa nlu.yml or a Dialogflow ES export,
and writes the project's own folders. One bad row refuses the whole set.
"""

from triton_models.importing.faults import BadSet
from triton_models.importing.loading import load, with_general
from triton_models.importing.writing import write

__all__ = ["BadSet", "load", "with_general", "write"]
