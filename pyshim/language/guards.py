"""Could these two questions be the same, however near they are in any embedding?

满100减多少 and 满300减多少 are near, and so are 能退吗 and 不能退吗: the same question speaks of the same numbers and
denies alike.
"""

import re

from pyshim.language.numerals import numbers

# 不 and 没 inside a yes-no question (能不能, 是不是, 有没有) deny nothing.
A_NOT_A = re.compile(r"(.)[不没]\1")
NEGATION = re.compile(r"不|没|無|无法|无需|未|别|勿|非|拒|除外|以外")


def negated(text: str) -> bool:
    return NEGATION.search(A_NOT_A.sub("", text)) is not None


def agree(one: str, other: str) -> bool:
    """Do numbers and negation of both agree?"""
    return numbers(one) == numbers(other) and negated(one) == negated(other)
