"""How is a sentence turned into token ids?

Every ideograph, mark and emoji is one token; a word in Latin letters is its pieces (BPE), all after NFKC, small letters, and
every run of digits as "0": a model learns that a number stands here, never which. tokenizer.json carries all of it, so serving
needs the `tokenizers` library and nothing else. Known are the characters of the training text, the common ideographs and
what slips of typing can put in.
"""

from __future__ import annotations

import json
import string
from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from triton_models.build.homophones import common_characters
from triton_models.build.spellings import BEHIND, EMOJI, FRONT, WORDS
from triton_models.build.synonyms import SETS

PAD, UNKNOWN, CLS, MASK = "[PAD]", "[UNK]", "[CLS]", "[MASK]"
MAX_TOKENS = 64
PIECES = 2000  # of Latin words, beside the single characters
INSIDE = "##"


def _normalizer() -> normalizers.Normalizer:
    digits = normalizers.Replace(Regex("[0-9]+"), "0")
    return normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase(), digits])


def build_tokenizer(texts: Iterable[str]) -> Tokenizer:
    """A tokenizer that puts [CLS] in front and cuts after 64 tokens. The same texts give the same ids in any order."""
    slips = [spelling for spellings in WORDS.values() for spelling in spellings] + [word for words in SETS for word in words]
    whole = sorted({*texts, *slips, *FRONT, *BEHIND, *EMOJI})
    normalizer = _normalizer()
    known = {char for text in whole for char in normalizer.normalize_str(text) if not char.isspace()}
    alphabet = sorted(known | set(common_characters()) | set(string.ascii_lowercase + "0" + string.punctuation))
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN, continuing_subword_prefix=INSIDE))
    tokenizer.normalizer = normalizer
    apart = [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(Regex("[^a-z]"), "isolated")]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(apart)
    marks, inside = [PAD, UNKNOWN, CLS, MASK], [INSIDE + letter for letter in string.ascii_lowercase]
    trainer = trainers.BpeTrainer(
        vocab_size=len(alphabet) + PIECES,
        min_frequency=2,
        special_tokens=marks + inside,  # the trainer numbers letters inside a word by chance, unless they have a number already
        initial_alphabet=alphabet,
        continuing_subword_prefix=INSIDE,
        show_progress=False,
    )
    tokenizer.train_from_iterator(whole, trainer)
    tokenizer = _ordinary(tokenizer, inside)
    cls = tokenizer.token_to_id(CLS)
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{CLS} $A", special_tokens=[(CLS, cls)])
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.enable_padding(pad_id=tokenizer.token_to_id(PAD), pad_token=PAD)
    return tokenizer


def _ordinary(tokenizer: Tokenizer, tokens: list[str]) -> Tokenizer:
    """The same, but these tokens are found as parts of words only, and not wherever they stand in a text."""
    told = json.loads(tokenizer.to_str())
    told["added_tokens"] = [one for one in told["added_tokens"] if one["content"] not in tokens]
    return Tokenizer.from_str(json.dumps(told))
