"""How is a sentence turned into token ids?

One token per character, after NFKC, small letters, and every run of digits as "0": a model learns that a number
stands here, never which. tokenizer.json carries all of it, so serving needs the `tokenizers` library and nothing else.
Known are the characters of the training sentences, the common ideographs and what slips of typing can put in.
"""

from __future__ import annotations

import string
from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from triton_models.build.homophones import common_characters
from triton_models.build.spellings import BEHIND, EMOJI, FRONT, WORDS
from triton_models.build.synonyms import SETS

PAD, UNKNOWN, CLS = "[PAD]", "[UNK]", "[CLS]"
MAX_TOKENS = 64


def _normalizer() -> normalizers.Normalizer:
    digits = normalizers.Replace(Regex("[0-9]+"), "0")
    return normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase(), digits])


def build_tokenizer(sentences: Iterable[str]) -> Tokenizer:
    """A tokenizer that puts [CLS] in front and cuts after 64 tokens."""
    normalizer = _normalizer()
    slips = [spelling for spellings in WORDS.values() for spelling in spellings] + [word for words in SETS for word in words]
    texts = [*sentences, *slips, *FRONT, *BEHIND, *EMOJI, "".join(common_characters()), string.printable]
    chars = sorted({char for text in texts for char in normalizer.normalize_str(text) if not char.isspace()})
    ids = {token: index for index, token in enumerate((PAD, UNKNOWN, CLS, *chars))}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token=UNKNOWN))
    tokenizer.normalizer = normalizer
    apart = [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(Regex("."), "isolated")]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(apart)
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{CLS} $A", special_tokens=[(CLS, ids[CLS])])
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.enable_padding(pad_id=ids[PAD], pad_token=PAD)
    return tokenizer
