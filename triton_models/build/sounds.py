"""Where does the vector of a character begin?

With a part that all characters of its syllable share, so that a homophone typed by mistake, or a character that no
training sentence holds, is not strange from the start. Training moves it from there.
"""

from __future__ import annotations

from collections import defaultdict

import torch
from tokenizers import Tokenizer

from triton_models.build.homophones import syllable
from triton_models.build.network import Encoder

OWN, SHARED = 0.8, 0.6  # squares sum to one: the vectors stay as long as they were


def sound_alike(network: Encoder, tokenizer: Tokenizer) -> None:
    by_sound: dict[str, list[int]] = defaultdict(list)
    for token, index in tokenizer.get_vocab().items():
        if len(token) == 1 and "\u4e00" <= token <= "\u9fff":
            by_sound[syllable(token)].append(index)
    with torch.no_grad():
        table = network.characters.weight
        for sound in sorted(by_sound):
            rows = sorted(by_sound[sound])
            shared = torch.randn(table.shape[1]) * table[rows].std()
            table[rows] = table[rows] * OWN + shared * SHARED
