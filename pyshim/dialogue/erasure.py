"""Does a message ask that what is kept of its customer be erased (把我的数据都删了)?

A closed grammar, of the whole message: nothing is erased on it, only told how that is asked for (DELETE /v1/users/me is the
tenant's to offer, where it knows who asks). An order or an address that is to be deleted is another matter.
"""

import re

from pyshim.language.folding import plain

BEGIN = r"(?>请|麻烦|帮(?:我(?!们))?|给我|你们?|您|能不能|能|可以|可不可以|我想|我要求|我要|要求|想|要|马上|立刻|现在|[，, ])*"
WHOSE = (
    r"(?:我们?|本人|咱|(?<=帮我))(?:个人|自己)?(?:在你们?(?:这里|这儿|这|那里|那儿|平台|系统)?)?(?:的|所有|全部|一切|任何|相关)*"
)
OF = r"(?:个人|隐私|历史|聊天|对话|用户|客户)*"
THINGS = r"(?:数据|信息|资料|记录|隐私|痕迹|档案)"
WHAT = rf"{OF}{THINGS}(?:(?:和|、|以及|跟){OF}{THINGS})*"
AWAY = r"(?:删除|删|清除|清空|清|抹除|抹|销毁|擦除|注销)(?:掉|了|光|干净|完)*"
ALL = r"(?:都|全部|全|通通|统统|彻底|给我|给|从系统里|永久)*"
END = r"(?:[吗么吧啊呀呢哦了]|可以|行|好|谢谢|[，,。！!？? ])*"
ENGLISH = (
    r"(?:please |can you |i want to |i want you to )?(?:delete|erase|remove|forget)(?: all| everything)?(?: of)? "
    r"(?:me|my (?:personal )?(?:data|information|info|records?|history))(?: please)?[.!? ]*"
)
ASKED = re.compile(
    rf"{BEGIN}(?:把|将)?{WHOSE}{WHAT}{ALL}{AWAY}{END}|{BEGIN}{ALL}{AWAY}{ALL}{WHOSE}{WHAT}{END}|{BEGIN}(?:忘掉|忘了|忘记)我{END}|{ENGLISH}"
)
LONGEST = 60


def asked(text: str) -> bool:
    said = plain(text).strip().lower()
    return len(said) <= LONGEST and ASKED.fullmatch(said) is not None
