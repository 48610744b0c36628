"""Whose name is meant: a person's, or an organisation's?

    read(text, leads=("抬头", "公司名称")) -> Reading; value and shown: the name

A name stands behind a word that leads to it (抬头是…, 开给…, 我叫…) up to the end of its clause; or is all of a clause, where it
ends as organisations' names do (公司, 事务所, 大学). 什么公司 and 你们公司 are none; a message that says no more than what it is
(公司, 开公司抬头的) is NoValue NAMELESS.
"""

import re
from collections.abc import Sequence
from itertools import islice

from pyshim.language.values import corrections
from pyshim.language.values.found import Found, NoValue, Reading, Reason
from pyshim.language.values.spans import Folded, fold

KINDS = (
    "公司|分公司|事务所|工作室|研究院|研究所|学校|小学|中学|学院|大学|幼儿园|医院|银行|合作社|经营部|商行|酒店|委员会|中心|厂"
    "|集团|协会|支行|门市部"
)
ENDS = re.compile(rf"(?:{KINDS})$")
CLAUSE = re.compile(r"[^，,。；;！!？?\n]+")
LINK = re.compile(r"(?:名称|名字)?(?:就|要|请)?(?:改成|改为|换成|是|为|写|填|用|叫|开给|开成|开|:|：|\s)+")
TAIL = re.compile(r"(?:[吧啊呢哦哈呀了]|就行|就好|就可以|可以吗|的?发票|的名义)*+(?:谢谢.*)?$")
NOBODY = re.compile(r"什么|哪|谁|怎么|你们|我们|我公司|我单位|咱|贵公司|[写填开]?错|不对|能不能|可以吗|多少|必须|没有|吗$")
TALK = re.compile(r"[我他她你在到要问是了的换退让]|[一两]张")
ANYBODY = {"公司", "公司的", "单位", "单位的", "学校", "企业", "企业的", "个人", "个人的", "医院"}
ONLY_ITS_KIND = re.compile(
    r"(?:[\s，,。！!~嗯哦那就是要请用写填开给]|我|我们|咱|咱们|本|一家|帮我|发票|抬头|单位名称|公司名称?)*"
    rf"(?:{KINDS}|单位|企业|机构|对公)(?:[\s，,。！!~的吧啊呢哦呀了]|抬头|发票|名义|名称|名字|名|谢谢)*"
)
FILLER = re.compile(r"^(?:\s|嗯|是|就|那就|开|写|填|用|请|帮我|我是|我叫|给|给我)++")
NOT = re.compile(r"不是.{2,40}?(?:而|应该)?是")
LONGEST = 40


def read(text: str | Folded, leads: Sequence[str] = ()) -> Reading:
    folded = fold(text)
    if ONLY_ITS_KIND.fullmatch(folded.text[: LONGEST + 1]):
        return NoValue(Reason.NAMELESS)
    said: list[Found] = []
    for clause in islice(CLAUSE.finditer(folded.text), 24):
        start, led = clause.start(), False
        for lead in leads:
            at = folded.text.find(lead, start, clause.end())
            link = LINK.match(folded.text, at + len(lead), clause.end()) if at >= 0 else None
            if at >= 0 and (link or lead[-1] in "给成到为叫" or ENDS.search(folded.text[at : clause.end()])):
                start, led = link.end() if link else at + len(lead), True
        if other := NOT.search(folded.text, clause.start(), clause.end()):
            start = other.end()
        if filler := FILLER.match(folded.text[start : clause.end()]):
            start += filler.end()
        name = TAIL.sub("", folded.text[start : clause.end()].rstrip())
        alone = ENDS.search(name) and len(name) >= 4 and not TALK.search(name)
        if not 2 <= len(name) <= LONGEST or name in ANYBODY or NOBODY.search(name) or not (led or alone):
            continue
        said.append(Found(name, name, start, start + len(name), led))
    return corrections.concluded(folded, said, None)
