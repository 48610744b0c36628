"""Which words make up a yes? The parts of consent.py's grammar that are the same for every task, each a regular expression.

Sentences are folded: one comma for all marks between two words, so that a space within an English form is a comma, too.
"""

from pyshim.dialogue.slots import GAP

# Signs that consent.py puts for what the act is called: 退款; 把钱退; 取消, which could mean the opposite; 退.
FULL, HANDLED, UNDONE, VERB = "\ue001\ue002\ue003\ue004"


def any_of(forms: str) -> str:
    """Any of these patterns, which stand apart by white space; _ is the space within one."""
    return f"(?:{'|'.join(forms.replace('_', ',').split())})"


# -- as it is written --

# Traditional characters that an act is called by, beside those that all of sluice folds.
PLAINER = str.maketrans(
    "無誤內業務張銀調錢趕緊盡並結執線檢訴爭議損壞償減複復領資記審準銷讓絕雙兩從將報撥",
    "无误内业务张银调钱赶紧尽并结执线检诉争议损坏偿减复复领资记审准销让绝双两从将报拨",
)
# Slips of the finger, dialect and pinyin, as long as they can be nothing else; none of them is near a no.
MISSPELT = {
    "确认": "确任 确忍 确人 确仁 缺认 却认 queren que,ren",
    "确定": "确订 缺定 却定 queding que,ding",
    "办理": "办里 办李 半理 banli ban,li",
    "同意": "同义 同易 通意 tongyi tong,yi",
    "提交": "提教 题交 tijiao ti,jiao",
    "取消": "取肖 取销 去消",
    "挂失": "卦失 挂矢",
    "退款": "退宽 推款",
    "可以": "阔以 口以 可已 keyi ke,yi",
    "没问题": "么问题 冇问题 莫问题 木问题 没得问题 莫得问题 meiwenti mei,wenti",
    "好的": "好得 haode hao,de",
    "是的": "shide shi,de 系嘅",
    "的": "滴 哒",
}

# -- beside a yes --

SELF = "(?:我(?:们|本人)?|本人|俺们?|咱们?|阿拉|偶)"
# 那 may point at another thing (那个订单), so it stands before no name.
OPENING = any_of(
    rf"""
    嗯++[呢哪啊呐]? 恩++ 噢 哦 啊 哎 诶 得, 那么?(?!{FULL}) 那就 那个(?=[,确同]) 那?[好行]吧, 妥, 你好 您好 客服,
    亲爱?的? [👌👍🙏😊✅] (?:(?:好|行|可以|没问题|ok)[了啦])+, 我?都?(?:考虑[好清]楚?|决定)了,
    """
)
# What was shown, by the names of its lines.
LINE = any_of(
    """
    (?:以上|上述|上面|这些|全部|所有)的?(?:信息|内容|资料|条款|数据)? 信息 内容 资料 条款 协议 数据 地址 电话 金额 订单号? 单号
    尾号 卡号 号码 价格 费用 手续费 利率 费率 期数 套餐 方案 抬头 收费 须知 规则 姓名 名字
    """
)
LINES = f"{LINE}(?:[和跟与、,]{LINE})*"
RIGHT = any_of("没(?:啥|什么)?问题的? 没有(?:任何)?问题 没有?错的? [正准]确(?:无误)? 无误 是?对的?")
# Yeses that may agree with the text alone, in two kinds: 好的 may also be the end of a talk. Bare 是, 好 and 可以 run into what
# follows (可以是可以, 好办, 可以办吗): they want a comma.
SURE = any_of(
    rf"""
    (?<![^,嗯恩])是++(?=,|$) 是[的呀啊]++ 没错[的啊呀]? 没毛病 对[的呀啊头嘞哈]? 对着呢 正是 正确 (?:准确)?无误
    可以(?=,|$|[我同没可]) 可以[的呀啊哦噢哈噻]++ 可(?=,|$) 当然(?:可以|行|好)? 完全可以 可以接受 能接受
    {SELF}?没问题[的呀啊哈哦]? {SELF}?没有?(?:意见|异议) 无异议 (?:完全)?(?:没有?|毫无|没有任何)问题
    要得[嘛噻]? 要的 必须的 妥妥的 妥了 欧了 能成 得行 就是它 就是(?:这个|这样)的?
    (?:核对|核实|{LINES}(?:我|都|全|也)*+|[都全])(?:{RIGHT}|正确无误)
    """
)
FINE = any_of(
    """
    好(?=,|$|[确同请帮给那就我没对行好可]) 好[的呀啊嘞咧勒噢哦喔嘅丫吖]+ 行[的啊呀嘞咧吧叭呗]? (?<![^,嗯中])中[的嘞咧]?
    成[的啊嘞]? 得[嘞咧] 系[呀啊]?(?=,|$) 欧克 ok[的啊呀]? okk++ okay okey sure fine alright of_course absolutely definitely
    exactly (?:sounds|looks|all)_good no_problem correct right (?:that_works|works|fine)(?:_(?:for|by|with)_me)?
    (?:thats|its|all|everything_is|(?:that|it)_is)_(?:right|correct|fine|ok) yeah yea yup yes yep
    """
)
AGREED = f"(?:{SURE}|{FINE})"
# What was shown was read (看过了, 条款都看了), or is known (知道了), which may also be the end of it.
READ = any_of(
    rf"""
    [看查读](?:过|完|好|清楚|明白)?了 (?:核对|检查|核实|查看|阅读)(?:过|完|好)?了 (?:看过|核对过?|检查过|核实)(?:{RIGHT})
    已(?:核对|阅读|知悉|知晓|了解|看)
    """
)
LOOKED = f"(?:(?:{SELF}|{LINES})?(?:我|都|全|也|已经)*+{READ}(?=,|$|[没都无同确可]))"
KNOWN = f"(?:(?:{SELF}|{LINES})?(?:我|都|全|也|已经?)*+(?:知道|清楚|明白|了解|晓得|知悉|知晓)[了的]?(?=,|$))"
# Why it is to be done, where that speaks for it.
WHY = any_of(
    """
    (?:(?:我的?)?(?:银行|信用|储蓄)?卡(?:是|真的?|确实|的确)?|真的?|确实)(?:丢|掉|不见|被偷|被盗|找不到)了 被[偷盗]了
    找遍了(?:都|也)?(?:没有|没找到|找不到)? 少了[一1两2][个件样] (?:东西|商品|货|收到)(?:真的?|确实)?(?:是|都)?[坏碎破裂](?:了|的)
    """
)
POINTED = "(?:就[按照用选约]?(?:这个|这样)(?:时间|地址|金额|方案|套餐|期数|价格|号码?)?(?=,|$))"
HURRY = any_of(
    """
    (?:赶紧|赶快|快点|快些|尽快|马上|立刻|抓紧|搞快点)的?吧? 快 速度 越快越好 (?:不用|不必|莫|别)再?问了
    right_now now immediately asap for_me
    """
)
BOTHERED = "(?:(?:麻烦|劳烦|有劳|劳驾)(?:你们?|您)*+[了啦咯哈啊呀喽嘞]*+)"  # asks for it; 谢谢 and 辛苦了 may take leave
THANKS = any_of(
    rf"""
    (?:非常|十分)?(?:多谢|感谢|谢谢?+|拜托|唔该|辛苦)(?:你们?|您|亲|晒)*+[了啦咯哈啊呀哦喽嘞]*+ {BOTHERED}
    (?:many_)?thanks(?:_a_lot)? thank_you(?:_(?:very|so)_much)? thx please pls plz [👌👍🙏😊🌹🤝💪✅💯]
    """
)
SHOWN = rf"(?<![^,]){GAP}(?:(?![^,])|{SURE})"  # a value that was shown, by itself between commas, or with a yes to it
BESIDE = f"(?:{OPENING}|{AGREED}|{LOOKED}|{KNOWN}|{WHY}|{POINTED}|{HURRY}|{THANKS}(?=,|$)|{SHOWN})"
# Behind an act all but thanks stand behind a comma: 办好, 办理中, 退款速度, 办理手续麻烦 are other words.
BEHIND = f"(?:,{BESIDE}|(?!麻烦,?$|麻烦[啊呀]){THANKS})"

# -- a yes that names the act --

# Who says 确认 or 同意 does it by saying so. But 你确认, 帮我确认, 确认一下 ask the other to look, 我马上确认 puts it off.
BY_ME = (
    rf"(?:(?:以上|上述)(?:内容|信息|条款)?)?(?:就?{SELF}|就)?"
    r"(?:都|完全|全部|愿意|很|非常|百分百|(?:已经?)?(?:阅读|知悉|知晓|了解)并)*"
)
PERFORM = rf"{BY_ME}(?:确认|确定|同意|授权)(?:并?(?:确认|同意))?"
PERFORMED = any_of(
    """
    (?:以上|上述|全部|所有)的?(?:内容|信息|条款)? 这个?(?:方案|安排|收费|价格|费用) 该?(?:条款|协议|方案)
    (?:该|此|这[个项])(?:操作|业务|申请) 没问题 没有问题 没错 无误 继续
    """
)
PERFORM_END = "[的啦哈哟吧叭哦噢啊呀咯喽额噻撒呗嘞嗷]?"
# What is done, whatever it is called. Of these the LONE say too little by themselves, the LOOSE need 吧 or 帮我 or such.
DO = any_of(
    """
    办理?手续 办理?(?:这[个项笔]|该)(?:业务)? 办理? 提交 执行 处理 安排 操作 受理 下单 申请 开始办理? 继续办理 走流程 安排上
    """
)
LONE = frozenset(["办", "执行", "处理", "安排", "操作", "受理", "下单", "申请"])
LOOSE = any_of("搞[定掂]?佢? 弄好? 整起? 搞起 走起")
NAMED = f"(?:{DO}|{FULL})"  # enough as it is
LOOSELY = f"(?:{DO}|{LOOSE}|[{FULL}{VERB}])"  # enough with some word around it
AS_SAID = any_of(
    """
    那?就(?:按照?|照)?(?:这么|这样|恁|此|这个|你说的|流程)(?:来|去|走)?(?:办理?|定(?!了)|处理|操作|执行|搞|弄)[吧呗噻撒]?(?:就行|就好)?
    那?就?(?:按照?|照)(?:这个|这样|你说的)(?:方案)?(?:来|办理?|定|处理|执行)(?:[吧呗]|就行|就好)? 照办[吧呗]?
    """
)
# How, and by whom. Nobody goes there by himself (我去办: elsewhere), and no haste is one's own (我马上办: later).
HASTE = "(?:就|赶紧|赶快|马上|立刻|立马|立即|现在就?|直接|尽快|快点?|抓紧|请)"
THUS = "(?:就?(?:按照?|照)(?:这个?|此|你说的|(?:上面|以上|上述)的?)(?:方案|金额|地址|信息|价格|内容|方式)?(?:来|去)?)"
WAY = f"(?:{SELF}(?:就要?|要|愿意|决定|选择)?|(?:{THUS}|(?:你|您|侬)(?:就|快)?去?|{HASTE})?{HASTE}?)"
# Asked of the other side, even 了 is no report: 给我办了吧.
HELP = (
    rf"(?:(?:(?:{HASTE}|你们?|您|侬),?){{0,3}}(?:(?:麻烦|劳烦|有劳|劳驾|唔该)(?:你|您)?,?|烦请)?"
    rf"(?:[帮给替为](?:我们?|俺们?|咱们?|偶|阿拉)|帮忙|给)去?{HASTE}?"
    rf"|{HASTE}?(?:(?:麻烦|劳烦|有劳)(?:你|您)?|烦请){HASTE}?)"
)
END = "(?:掉?[吧叭呗噻撒哈]|掉|就行|就好|就可以|即可)"
HELPED_END = "(?:(?:掉|一下|下)?了?[吧叭呗噻撒啦咯哈喽]|掉|一下|下|就行|就好)"
DOUBTFUL_END = "(?:掉?了?[嘛咯啦喽吧噻撒呗])"  # an urging in dialect; elsewhere it sounds like 吗 or 了
ENGLISH_DO = any_of(
    """
    (?:confirm|submit|process|approve|accept)(?:_(?:it|this|that))? (?:go_ahead|proceed)(?:_with_(?:it|this|that))?
    go_for_it do_(?:it|that)
    """
)
ENGLISH_WAY = any_of("i i_want_to id_like_to lets go_ahead_and i_agree_to")
ENGLISH = any_of(
    rf"""
    (?:{ENGLISH_WAY}_)?{ENGLISH_DO}(?:_and_{ENGLISH_DO})* {ENGLISH_WAY}_{FULL} (?:i_)?agreed?
    (?:confirm|approv)ed
    """
)
# yes names the act by itself, and beside another plain word (yes, that's right) it is as plain as that.
ALONE = rf"(?:y|yes|yep)(?:,(?:yes|yep|{THANKS}))*"
ANSWERED = any_of("是的,? (?:是[啊呀]?|对[的啊呀]?|没错|yes|yep),")  # a yes that answers "do you confirm to …?"

# -- a task's own acts --

VALUE = "…"  # in an act: where a value that was shown is said (分…)
# Between a verb and its object may stand 这个, and the object may come first; so acts are taken apart at these.
OBJECTS = [
    *["账单分期", "收货地址", "银行卡", "手机号", "订单", "发票", "地址", "套餐", "额度", "宽带", "号码", "业务"],
    *["服务", "差价", "争议", "破损", *"单款钱货票卡额期机号"],
]
THIS = "(?:这[个张笔条项]|它)"
WHICH = "(?:一下)?(?:这个|这[张笔单条项]|该|我的|我这[张个笔]|本|这)?"
INTO = rf"(?:一下|[到成为至](?:{GAP}|这个|这里|新的?)的?)"
KEPT = any_of("百分百 十分 检查 查看 查(?=[过完好了看]) 提交 开始 办理 申请 执行")  # words that a verb (分, 查, 提) is a part of
# These drop the matter, too: where they are a task's verb, without its object, they are a yes only after 是的 and 确认.
UNDOING = frozenset(["取消", "撤销", "停", "cancel,it"])
