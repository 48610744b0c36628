"""Which characters are written in two ways, and count as one?

Full-width forms (Ａ, ７, ！) lie WIDE above their plain ones. Places stay: a text is folded character for character.
"""

WIDE = 0xFEE0
# Digits and letters only: punctuation stays, patterns know both.
PLAIN = {WIDE + code: code for code in (*range(0x30, 0x3A), *range(0x41, 0x5B), *range(0x61, 0x7B))}
FOLDED = {code + far: ord(chr(code).lower()) for code in range(0x21, 0x7F) for far in (0, WIDE)}


def plain(text: str) -> str:
    """text with full-width digits and letters made plain, and no space around it."""
    return text.translate(PLAIN).strip()


def fold(text: str) -> str:
    """text as words are compared: full-width as half-width, Latin in lower case."""
    return text.translate(FOLDED)
