"""What of an address is somebody's name or phone (张三 13800002046 杭州市西湖区文三路20号)?

    without(said) -> the address alone, without spaces

A phone is a mobile number of the mainland. A name begins with a surname, and stands apart from the address, beside a phone,
behind 收货人 or before 收. What could be a place (高新, 万达) is one, where neither tells.
"""

import re

SURNAMES = (
    "欧阳|司马|上官|诸葛|夏侯|皇甫|尉迟|公孙|慕容|令狐|[王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡"
    "余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范廖石金韦贾夏付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施]"
)
PLACED = "省市区县镇乡村路街道巷弄号栋幢座楼层室户元苑园庭府坊庄厦寓城湾期组店场门口旁边院"
NAME = rf"(?:{SURNAMES})(?:(?![{PLACED}先女小])[\u4e00-\u9fa5]){{1,2}}"
CALLED = rf"(?:{NAME}|(?:{SURNAMES})(?=先生|女士|小姐))(?:先生|女士|小姐)?"
PHONE = re.compile(r"[（(]?(?:\+?86[- ]?)?1[3-9][0-9](?:[- ]?[0-9]{4}){2}(?![0-9])[)）]?|(?<=[0-9])1[3-9][0-9]{9}(?![0-9])")
LABELLED = re.compile(
    rf"(?:(?:收货|收件|联系)人(?:姓名)?|姓名|名字)[是为:：\s]*{CALLED}|{CALLED}(?:[（(]?收[)）]?)(?![\u4e00-\u9fa5])"
)
WHOLE_NAME = re.compile(CALLED)
AT_END = re.compile(rf"(?<=[0-9号栋幢座楼层室户元]){CALLED}$")
CITIES = (
    "北京|上海|天津|重庆|香港|澳门|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西"
    "|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|杭州|宁波|温州|嘉兴|绍兴|金华|南京|苏州|无锡|常州|南通|徐州|扬州|广州|深圳|东莞|佛山|珠海|中山"
    "|惠州|厦门|福州|泉州|成都|武汉|长沙|郑州|西安|合肥|青岛|济南|烟台|大连|沈阳|长春|哈尔滨|石家庄|太原|南昌|昆明|贵阳|南宁|海口|兰州|西宁|银川"
)
AT_BEGIN = re.compile(rf"^{CALLED}(?={CITIES})")
BEGINS_A_PLACE = re.compile(rf"(?:{CITIES})|[\u4e00-\u9fa5]{{2,8}}?(?:省|市|区|县|自治州)")
ENDS_A_PLACE = re.compile(r"(?:号|栋|幢|座|楼|层|室|户|单元|[0-9])$")
MARK = "\n"  # where a phone stood


def without(said: str) -> str:
    text = LABELLED.sub(" ", PHONE.sub(MARK, said))
    pieces = [piece for piece in re.split(rf"({MARK})|[\s,，、;；]+", text) if piece]
    kept = [_cut(piece, _beside(pieces, at)) for at, piece in enumerate(pieces) if not _is_name(pieces, at)]
    return said.replace(" ", "") if text == said and kept == pieces else "".join(kept).replace(MARK, "")


def _beside(pieces: list[str], at: int) -> bool:
    """Does a phone stand before or behind?"""
    return MARK in pieces[max(0, at - 1) : at] + pieces[at + 1 : at + 2]


def _is_name(pieces: list[str], at: int) -> bool:
    if not WHOLE_NAME.fullmatch(pieces[at]):
        return False
    before, behind = [one for one in pieces[:at] if one != MARK], [one for one in pieces[at + 1 :] if one != MARK]
    begins, ends = bool(behind and BEGINS_A_PLACE.match(behind[0])), bool(before and ENDS_A_PLACE.search(before[-1]))
    return _beside(pieces, at) or (begins and not before) or (ends and not behind)


def _cut(piece: str, beside: bool) -> str:
    """A name that is written together with the address."""
    piece = AT_BEGIN.sub("", piece)
    return AT_END.sub("", piece) if beside else piece
