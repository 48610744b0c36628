"""How do sentences that users bring become a corpus?

`python -m triton_models.importing FILE --tenant NAME --out DIR` reads TSV, JSONL, a Rasa project or a Dialogflow ES export,
and writes the project's own folders. One bad row refuses the whole set.
"""
