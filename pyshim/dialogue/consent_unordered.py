"""Is this sentence a yes by its words, whatever their order?

Beside the ordered grammar of consent.py: a sentence of nothing but words of consent_vocabulary.py, of which one names the act or,
where that is enough, agrees. It is read as the kinds of its words, a letter each; what means something else side by side is
refused (办好, 你确认, 可以办吧). A comma keeps words apart, and a clause that the ordered grammar knows need not be in the
vocabulary.
"""

import re

from pyshim.dialogue import consent_words as words
from pyshim.dialogue.consent_vocabulary import kinds
from pyshim.language import kept

# The letters are those of consent_vocabulary.py, and these two for whole clauses.
ACTS, BESIDE = "E", "O"
REFUSED = re.compile(
    "|".join(
        [
            "!",
            # 你确认, 帮我确认, 马上确认, 谢谢同意: somebody else, or later; 确认一下, 确认信息, 确认好: a look at it
            "[HANqrTCw]P",
            "P[igfNSCWKnJaoykw]|PL(?!L*[RYKn])",
            # 我马上办, 我帮我办, 我可以
            "S[qr]+[DFMVU]|S[HAyok]|S(?![PwDFEKnYyaqrWZJG,])|[DFMVPUx]S",
            # 客服办理, 给孩子办, but 麻烦师傅办一下
            "[HDFMVU]C|(?<!A)C(?![,TNHSAel]|$)|AC(?![,TNHSelDFMVJZG]|$)",
            "N(?![DFMVHqrZA])|[DFMV]N|X(?![,PDVHANSqrYyoT]|$)|[DFMVPUx]X",
            # 好办, 办好, 退款可以, 退款没问题
            "o(?![,oyYkSNHAPJZLKCzE]|$)|[DFMVUE][oykYRKnaWJqE]",
            # 可以办吧, 可以帮我办, 这个可以办
            "[^,BYyohkGZL]k|[^,BYyoh]k(?=[DFMVUHAPE])|k[NHAJwZ]|k[DFMVU]G|k[^,]*[DFMVUE][^,]*[xlmtj]",
            "s(?![,s]|$)|[^,Bs]s",
            # What stands behind others only: 没错吧, 下, 掉, 上去, 那个, 就行
            "(?<![DFMVUPEfigtZGdz])x|x(?![,TCQYbex]|$)",
            "(?<![DFMVUPExYyRKGdZzjfigN])e|e(?![,TCQbDFMEV]|$)",
            "(?<![YyKnPTCRo])l|l(?![,TC]|$)",
            "(?<![DFMVUG])f|(?<![DFMVf])i|i(?![,xeTb]|$)|(?:^|,)[^,HAqrJ]*i(?!x)",
            "(?<![DVM])g|g(?![,xeTbf]|$)|(?<![DFMVEfiG])j|(?<!G)d|(?<![VF])u|u(?!G)",
            # 办了, 办嘛: a report or a question, unless ALLOWED
            "[tm]",
            # 手续费办理, 都办, 要确认
            "L(?!L|R|Y|K|n|k|y|a|S?K|S?n)|a(?![RYPKn])|(?<![SJ,Yy])w|w(?![DFMqrGZ])|w[^,]*[xlmt]",
            "[HA][YyoksKRLWnBhTPjJ]|(?<![FM])H(?=,|$)|(?<![,])(?<!^)A(?=,|$)",
            # 就行 is no yes by itself; 马上 alone is a delay
            "J[yYok]|[DFMVPU]J|[qr](?![DFMVHAEqrNZG,]|$)|q(?=,|$)|(?<![,xelT])(?<!^)r(?=,|$)",
            # 改改, 我还, 还办; 看好了办; 卡丢了 may stand before the act
            "V(?![xefgiGuZTbjQ,]|$)|[DFSoKn]V|[Kn][DFMVGEU]|W(?![PDFMVHAqrJNS,Q]|$)|[DFMV]W",
            "T(?![,TCel]|$)|b(?![,TCel]|$)|[^,BYyohs]B|h(?![,Yy]|$)|[^,]h",
            # 取消 could be the opposite, unless ALLOWED
            "U",
            "O[^,]|[^,]O|D[SLVKn]|F[LVS]|M[^,xelfjTbQigH]",
            "R(?![,PTQCel]|$)|Q(?![,DFMTCe]|$)|z(?![,DPFExTYy]|$)",
        ]
    )
)
ALLOWED = (
    # 确认取消, 可以取消, 取消20231106
    (re.compile("(?:(?<![HANqr])P|^k|,k)U(?=[f,TbG]|$)|(?<![HANqr])P(?:J?w)?U(?=[xf,TbG]|$)|GU(?=[x,]|$)|(?<![^,])UG"), "F"),
    # 帮我办了吧; 好的，给我办了; 要得，办嘛
    (re.compile("([HA][^,HAP]*[DFMV]f?i?)t(?=x)"), r"\1"),
    (re.compile("([YyoKO][^,]*,[^,]*H[^,]*[DFMV]f?)t(?=,|$)"), r"\1"),
    (re.compile("([YyokKO](?:,[^,]*)*,[^,kw]*[DEFMV]f?)[lm](?=,|$)"), r"\1"),
)
PLAIN = frozenset("YyoksBKLRZzCTbGdanSrel,")
NEUTRAL = kept.pattern(
    "neutral",
    f"{words.LOOKED}|{words.KNOWN}|{words.DECIDED}|{words.NO_MORE}|{words.WHY}|{words.POINTED}|{words.HURRY}|{words.BEGUN}"
    f"|{words.THANKS}|{words.SHOWN}",
)


def names_the_act(said: str, sentence: re.Pattern[str]) -> bool:
    """sentence: the ordered grammar."""
    clauses = [_clause(clause, sentence) for clause in said.split(",")]
    found = {kinds(said), None if None in clauses else ",".join(clause or "" for clause in clauses)}
    return any(one is not None and _names_the_act(one) for one in found)


def agrees(said: str) -> bool:
    found = kinds(said)
    if found is None or not PLAIN.issuperset(found) or REFUSED.search(found):
        return False
    if not re.search("[Yyk]|(?:^|,)[so](?:,|$)", re.sub("L[^,]*", "", found)):
        return False  # 金额没问题 agrees to that line
    ends = "T" in found or "n" in found  # 好的，谢谢 and 好的，知道了 may end the matter
    return not ends or (re.search("[Yks]", found) is not None and re.search("[yo]", found) is None)


def _clause(clause: str, sentence: re.Pattern[str]) -> str | None:
    """Its kinds, or one for all of it."""
    if re.fullmatch(words.SURE, clause):
        return "Y"
    if re.fullmatch(words.FINE, clause):
        return "y"
    if clause not in words.LONE and sentence.fullmatch(clause):
        return ACTS
    return BESIDE if NEUTRAL.fullmatch(clause) else kinds(clause)


def _names_the_act(found: str) -> bool:
    for pattern, instead in ALLOWED:
        found = pattern.sub(instead, found)
    if REFUSED.search(found):
        return False
    if re.search("[PFME]", found):
        return True
    return re.search("[DV]", found) is not None and re.search("[^DVBh,]", found) is not None  # 办 by itself says too little
