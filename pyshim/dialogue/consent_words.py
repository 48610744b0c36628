"""Which words make up a yes? The parts of consent.py's grammar that are the same for every task, each a regular expression.

Sentences are folded (consent_spelling.py): one comma for all marks between two words, so that a space within an English form is a
comma, too. Nothing here asks, hesitates, puts off or denies; a no is only part of a closed form (没问题, 甭问了).
"""

from pyshim.dialogue.slots import GAP

# Signs that consent.py puts for what the act is called: 退款; 把钱退; 取消, which could mean the opposite; 退.
FULL, HANDLED, UNDONE, VERB = "\ue001\ue002\ue003\ue004"


def any_of(forms: str) -> str:
    """Any of these patterns, which stand apart by white space; _ is the space within one."""
    return f"(?:{'|'.join(forms.replace('_', ',').split())})"


# -- who speaks, and to whom --

SELF = "(?:我(?:们|本人|这边|这里|这儿|老人家)?|本人|俺们?|咱们?|阿拉|偶|老人家我)"
YOU = "(?:你们?|您老?|侬|恁)"
# 孩子，提交吧; 老板同意 is somebody else's, so these stand alone between commas, or behind a thank-you.
CALLED = any_of(
    """
    亲(?:爱的|们)? 宝(?:贝|子|宝)? 老铁们? 铁子 老[哥弟板妹师乡]儿? 妹[儿子妹]? 幺妹儿? 小?[姐哥]{1,2}儿? [大小][姐哥妹弟]儿?
    大妹子 大兄弟 小?姑娘 小伙[子儿]? 闺女 孩子 娃儿? 美女 帅哥 靓[女仔] 师傅 同志 掌柜的? 兄弟 哥们儿?
    客服(?:小?[姐哥妹弟]{1,2}|同志)? 朋友 家人们? 小助手 大佬
    """
)
# A breath before a yes. 哦 and 噢 take note, 唉 and 额 are in doubt: they do not make a plain yes.
BREATH = any_of("嗯++[呢哪啊呐]? 恩++ 昂++ 嗷++ 哎[呀哟呦]? 诶 欸 嗐 嗨 嘿++ 哟 哈++ 嘻++ 啊")

# -- beside a yes --

# 那 may point at another thing (那个订单), so it stands before no name.
OPENING = any_of(
    rf"""
    {BREATH} 噢 哦 得, 那就 那个(?=[,确同]) 那?[好行]吧, 那(?!{FULL}) 你好 您好 {CALLED}(?=,|$|[你您]) [👌👍🙏😊✅]
    (?:(?:好|行|可以|没问题|ok)[了啦])+, [1①],?(?=确|同意|提交|办理|yes) 通过(?=,|$) 冲(?=,) 是[这它]个?(?=,) 就它了?(?=,)
    """
)
DECIDED = any_of(
    f"""
    {SELF}?(?:都|也|已经)?(?:考虑(?:好|清楚)?|决定|定下来|拿定主意|下定?决心|点头)了(?=,|$|[没都无同确可])
    (?:{SELF}(?:都|已经?)?|都|已经)想好了(?=,|$|[没都无同确可]) 不(?:会)?(?:反悔|后悔|犹豫|纠结)
    没(?:啥|什么)[可好](?:想|说|犹豫|考虑)的 主意已定
    """
)
# Beside what names the act they speak for it; beside 好的 they may end the matter. Where 改 is the act, its sign stands here.
NO_MORE = any_of(f"不用?改了? 没[得啥]?事 {YOU}?[说讲][的得]都?(?:对|没错)")
# What was shown, by the names of its lines.
LINE = any_of(
    """
    (?:以上|上述|上面|这些|全部|所有)的?(?:信息|内容|资料|条款|数据)? 信息 内容 资料 情况 条款 协议 数据 新?地址 电话 金额
    订单号? 单号 尾号 卡号 号码? 手机号 账[号户]号? 价格 费用 手续费 违约金 利[率息] 费率 期数 套餐 方案 抬头 收费 须知 规则
    姓名 名字 原因 日期 时间 临时额度 生效时间 月份 商品 本金 额度 数额? 卡
    """
)
# Of one line alone it agrees to that line: 订单没错.
WHOLE = any_of("(?:以上|上述|上面|这些|全部|所有)的?(?:信息|内容|资料|条款|数据)? 信息 内容 资料 情况 条款 协议 数据")
LINES = f"{LINE}(?:[和跟与、,]{LINE})*"
RIGHT = any_of(
    """
    没啥?问题的? 没有(?:任何)?问题 没有?错的? [正准]确(?:无误)? 无误 是?对的? 属实 没毛病 对得上 (?:都|全|很|挺)对的?
    一致 (?:都|全)?没差 没有?(?:意见|疑问|异议)
    """
)
# 写得都对, 跟我说的一样; 说得对 may be said of another matter, and is only beside a yes.
AS_IT_IS = any_of(
    """
    [写列填][的得](?:都|全|很|挺)?(?:对|没错|没问题|没毛病) [跟和与]我[说想报填]的(?:都|全)?(?:一样|一致) 一字不差
    (?:情况|信息|内容|资料)?属实
    """
)
# Yeses that may agree with the text alone, in two kinds: 好的 may also be the end of a talk. Bare 是, 好 and 可以 run into what
# follows (可以是可以, 好办, 可以办吗): they want a comma. Behind them goes what asks nothing; 好了 and 好嘛 are others.
TAIL = "[的啊呀哈哦噢喔哟呦噻撒嘞咧哩唻叻额]"
SURELY = "(?:肯定|必须|当然|绝对|完全|百分百)"
SURE = any_of(
    rf"""
    (?<![^,嗯恩啊昂哎诶欸])是++(?=,|$) 是{TAIL}++ 没错{TAIL}*+ 没毛病{TAIL}*+ 对头{TAIL}*+ 对{TAIL}*+(?!头) 对着呢 就是就是
    正是{TAIL}*+ {SURELY}?(?:正确|准确){TAIL}*+ (?:准确)?无误 一点儿?(?:都)?没(?:毛病|错|问题) 正解 然也
    (?<![^,])[老挺很]对[的了](?=,|$) 可以(?=,|$|[我同没可]) 可以{TAIL}++ 可(?=,|$) {SURELY}(?:可以|行|好|对|没问题|没错){TAIL}*+
    那?(?:肯定|必须)的 那?当然 {SELF}?没问题{TAIL}*+ {SELF}?没[有啥]?(?:意见|异议|疑问) {SELF}?没啥问题 无(?:异议|疑问|意见)
    (?:{LINES})?{SELF}?(?:可以|能|都|也|完全)*+接受(?=,|$) {LINES}(?:可以|行|ok)(?=,|$) 就?是我要的
    (?:完全)?(?:没有?|毫无|没有任何)问题 要得[嘛咯]?{TAIL}*+ 要的 妥妥的 妥了 欧[了啦] 能成 得行 就是它 就是(?:这个|这样)的?
    {AS_IT_IS} (?:核对|核实|{WHOLE}(?:我|都|全|也)*+|{LINE}[和跟与、,]{LINES}(?:我|都|全|也)*+|[都全])(?:{RIGHT}|正确无误)
    """
)
FINE = any_of(
    rf"""
    好(?=,|$|[确同请帮给那就我没对行好可]) 好{TAIL}++ 好[嘅丫吖勒]{TAIL}*+ 好[额个](?:{TAIL}++|(?=,|$)) 行[吧叭呗]? 行{TAIL}++
    (?<![^,嗯中])中{TAIL}*+ 可中 中得很 成{TAIL}*+ 得[嘞咧] 系[呀啊]?(?=,|$) 妥(?=,|$) 欧克
    [挺蛮满很甚老]好[的额呃了呀啊]*+(?=,|$) 好的很 巴适(?:得板|得很)? 管(?=,|$) 管得很 可得行 中意(?=,|$) 可行(?=,|$) 齐活
    成交 安逸 杠杠的 (?:就这么)?说定了 就这么定了 一言为定 {SELF}?愿意(?=,|$) [听依][你您]的?(?=,|$) okk?{TAIL}*+ okay okey okie
    sure(?:_thing)? fine alright of_course absolutely definitely good(?=,|$) exactly great(?=,|$) perfect(?=,|$)
    (?:that_)?(?:sounds|looks|all)_(?:good|right|correct|fine)(?:_to_me)? no_(?:problem|objections?) im_sure correct right
    (?:that_works|works|fine)(?:_(?:for|by|with)_me)? (?:thats|its|all|everything_is|(?:that|it)_is)_(?:right|correct|fine|ok)
    yeah yea yup yes yep
    """
)
AGREED = f"(?:{SURE}|{FINE})"
# What was shown was read (看过了, 条款都看了), or is known (知道了), which may also be the end of it.
READ = any_of(
    rf"""
    (?:仔细|认真|反复)?[看查读瞧](?:过|完|好|清楚|明白|清|到|仔细)?了(?:[一两几]遍)? [听问看](?:清楚?|明白|懂)了
    (?:核对|检查|核实|查看|阅读|过目|确认)(?:(?:过|完|好)?了|完毕) 经?(?:核对|核实|检查|确认)无误
    (?:看过|看了|核对过?|检查过|核实)(?:{RIGHT}) 已经?(?:核对|阅|阅读|知悉|知晓|了解|看|确认|核实)
    """
)
KIN = "(?:我?(?:老伴|爱人|家人|家里人|老公|老婆)|阿姨|大爷|大妈|奶奶|爷爷)"
LOOKED = f"(?:(?:{SELF}|{KIN}|{LINES})?(?:我|都|全|也|已经)*+{READ}(?=,|$|[没都无同确可]))"
KNOWN = f"(?:(?:(?:{SELF}|{LINES})?(?:我|都|全|也|已经?)*+(?:知道|清楚|明白|了解|晓得|知悉|知晓|懂)[了的]?|收到)(?=,|$))"
# Why it is to be done, where that speaks for it.
INDEED = "(?:是|就是|真的?|确实|的确|都|全|彻底|刚刚?)*+"
WHY = any_of(
    rf"""
    (?:我的?)?(?:(?:银行|信用|储蓄)?卡|手机|钱?包)?{INDEED}(?:(?:被|让)人?(?:偷|盗|抢|扒)|丢|弄丢|掉|不见|找不到|遗失)了
    被[偷盗]了 找遍了(?:都|也)?(?:没有|没找到|找不到)?
    {INDEED}[少漏缺](?:给我)?(?:发|寄|给)?(?:给?我)?(?:了(?:嘛|[一1两2][个件样]|东西)?|[一1两2][个件样])
    {INDEED}(?:[少漏]发|少件|破损) (?:东西|商品|货|收到)?{INDEED}(?:[坏碎破裂烂]|摔坏|压坏)(?:了|的) {INDEED}稀碎
    (?:家里)?(?:网|宽带|网络){INDEED}(?:断|坏)了 断网了 没网了 上不了网 (?:光猫|都|已经?)*重启过?了(?:还是(?:不行|没网))?
    {INDEED}(?:\n元?)?(?:话费|钱|充值)?(?:还|一直)?没(?:到账|上来|到)(?:属实)? {INDEED}多扣了\n?
    {INDEED}(?:降价|买贵|扣错|乱扣费|[拍买下选][错重多])了 (?:我|从来|一直|都|也)*没用过
    钱?(?:都|也)?(?:攒|凑|存|准备)[够齐好]了 无债一身轻 早还早(?:安心|轻松|省心) {SELF}?(?:要|已经?)?搬家了
    就?是我?(?:本人|机主|户主|卡主)(?:本人|操作|办理)? 我?就?是(?:我自己|本人|机主|户主|卡主|我本人) 本人(?:操作|办理)
    是我的(?:[卡号单]|号码|订单|手机号?|账号|宽带)
    """
)
POINTED = f"(?:(?:{LINE})?就[按照用选约换]?(?:这个|这样|这[张单笔件])(?:时间|地址|金额|方案|套餐|期数|价格|号码?)?(?=,|$))"
HURRY = any_of(
    rf"""
    (?:赶紧|赶快|快点|快些|尽快|马上|立刻|抓紧|搞快点|麻[溜利])的?吧?(?![确同可]) (?:麻烦|劳烦|拜托)?快点?的? 急++
    (?:很|挺|我)?着?急用?(?=,|$) 速度 越快越好 (?:不用|不必)再问了 (?:甭|莫|别)问了 别(?:磨叽|墨迹|磨蹭|啰嗦|废话)了?
    不(?:磨叽|啰嗦|废话) {SELF}?(?:正|正在|在)(?:忙|开会|上班|开车|路上|赶车|赶路)着?呢?(?=,|$) 赶(?:车|时间|路)呢? right_now
    now immediately asap for_me
    """
)
# Let it begin: as plain as 好的.
BEGUN = "(?:(?:来吧|走起|走着|开始吧|开搞|冲[吧鸭]|动手吧)(?=,|$))"
BOTHERED = "(?:(?:麻烦|劳烦|有劳|劳驾)(?:你们?|您)*+[了啦咯哈啊呀喽嘞]*+)"  # asks for it; 谢谢 and 辛苦了 may take leave
THANKS = any_of(
    rf"""
    (?:非常|十分)?(?:多谢|感谢|谢谢?+|拜托|唔该|辛苦)(?:你们?|您|亲|晒)*+[了啦咯哈啊呀哦喽嘞]*+(?:{CALLED}|配合|支持|帮忙|合作|协助)?
    {BOTHERED}{CALLED}? (?:many_)?thanks(?:_a_lot)? thank_you(?:_(?:very|so)_much)? thx please pls plz [👌👍🙏😊🌹🤝💪✅💯]
    """
)
# A value that was shown, alone between commas, with its name, or with a yes to it: 就这个12期, 8866那张, 地址对
GAPS = f"{GAP}++(?:[元块兆]|块钱)?"
OF_IT = rf"(?:的?[那这][个张笔档单项件款]|的|了(?=,)|套餐|{LINE})"
SHOWN = (
    rf"(?:(?<![^,])(?:(?:就|是|就是|充了|就[换分选])(?:[这那][个张笔档单项件款])?|[这那][个张笔档单项件款]?)?(?:{LINE}是?)?{GAPS}{OF_IT}?"
    rf"(?:(?=,|$|[你{FULL}{VERB}])|就{GAP}(?=,|$)|{SURE}|(?:够|也)[使用了]{{1,2}}(?=,|$)))"
)
THIS_ONE = f"(?:这[个张笔]?(?:单|订单|卡|号码?|宽带|业务)(?={FULL}))"  # 这单退款
BESIDE = (
    f"(?>{OPENING}|{AGREED}(?:,?{CALLED}(?=,|$))?|{LOOKED}|{KNOWN}|{DECIDED}|{NO_MORE}|{WHY}|{POINTED}|{HURRY}|{BEGUN}"
    f"|{THANKS}(?=,|$)|{SHOWN}|{THIS_ONE})"
)
# Behind an act all but thanks stand behind a comma: 办好, 办理中, 退款速度, 办理手续麻烦 are other words.
BEHIND = f"(?:,{BESIDE}|(?!麻烦,?$|麻烦[啊呀]){THANKS}|(?<=[吧噻撒呗啊呀哈的]){CALLED}(?=,|$)|(?<=[吧噻]){SURE}(?=,|$))"

# -- a yes that names the act --

# Who says 确认 or 同意 does it by saying so. But 你确认, 帮我确认, 确认一下 ask the other to look, 我马上确认 puts it off.
BY_ME = (
    rf"(?:(?:以上|上述)(?:内容|信息|条款)?)?(?:就?{SELF}|就)?"
    r"(?:都|完全|全部|愿意|很|非常|百分百|100%,?|肯定|绝对|坚决|一致|举?双手|(?:已经?)?(?:阅读|知悉|知晓|了解)并)*"
)
PERFORM = rf"{BY_ME}(?:确认|确定|同意|授权|委托|批准|核准|赞成)(?:并?(?:确认|同意))?"
PERFORMED = any_of(
    f"""
    (?:以上|上述|全部|所有)的?(?:内容|信息|条款)? 这个?(?:方案|安排|收费|价格|费用) 该?(?:条款|协议|方案)
    (?:该|此|这[个项])(?:操作|业务|申请) {LINES}(?:无误|没问题|正确|属实) 没问题 没有问题 没错 无误 无疑 百分百 100% 继续
    """
)
PERFORM_END = "[的啦哈哟吧叭哦噢啊呀咯喽额噻撒呗嘞嗷]?"
# 同意了 and 确认了 may tell of another time, or of somebody else: only of oneself, here and now.
PERFORMED_HERE = "(?:(?:我们?|本人|俺们?|老人家我|我(?:这边|这里|这儿))同意了|我(?:这边|这里|这儿)确认了|准了|准奏|允了)"
# 选确认, 按确认键吧, 你就点提交吧: which button it is to be; 点了确认, 怎么点确认 are others.
PRESSED = rf"(?:{SELF}?|{YOU}?就|帮我)(?:[选点按]|回复?),?(?:确认|确定|同意|提交|办理)(?:键|按钮|那个)?[吧呗]?"
# What is done, whatever it is called. Of these the LONE say too little by themselves, the LOOSE need 吧 or 帮我 or such.
DO = any_of(
    rf"""
    办理?手续 办理?(?:这[个项笔]|该)(?:业务)? 办理? 提交(?:这个|这份|该|我的)?申请 提交(?:{FULL}|{VERB})申请 提交 执行 处理 安排
    操作 受理 下单 申请 开始办理? 继续办理 走流程 流程走起来? 安排上 [交报递送]上去 发送 递交 报送 送出
    (?:让|使)(?:它|其|这个)生效 搞定(?:它|这个)
    """
)
LONE = frozenset(["办", "执行", "处理", "安排", "操作", "受理", "下单", "申请", "还"])
LOOSE = any_of("交 搞[定掂]?佢? 弄[好上]? 整[起上]? 搞起 走起")
NAMED = f"(?:{DO}|{FULL})"  # enough as it is
ALONG = "(?:起来?|上去?|过去|进去)"  # 登记上, 移过去, 装起: where it goes; 停下, 改回去, 办下来 are others
LOOSELY = f"(?:(?:{DO}|{LOOSE}|[{FULL}{VERB}]){ALONG}?)"  # enough with some word around it
AS_SAID = any_of(
    """
    那?就(?:按照?|照)?(?:这么|这样|恁|此|这个|你说的|流程)(?:来|去|走)?(?:办理?|定(?!了)|处理|操作|执行|搞|弄)[吧呗噻撒]?(?:就行|就好)?
    那?就?(?:按照?|照)(?:这个|这样|[你您]说的)(?:方案)?(?:办理?|定|处理|执行|做)(?:[吧呗]|就行|就好)? 照[办做][吧呗]?
    """
)
# As above, and nothing of the act in it: 按你说的来, 就照上头写的来吧
AS_SHOWN = (
    "(?:就?(?:按照?|照)(?:这样?|这个|(?:上[面头边]|以上|上述)(?:的|写的|说的)?|[你您]们?[说写列]的)"
    "(?:方案|信息|内容)?(?:来|走|来办)?[吧呗噻]?)"
)
# How, and by whom. Nobody goes there by himself (我去办: elsewhere), and no haste is one's own (我马上办: later).
HASTE = (
    "(?:就|赶紧|赶快|马上|立刻|立马|立马就|立即|即刻|现在就?|直接|尽快|快点?|速速?|火速|抓紧"
    "|[早快]点|早些|快啲|请|放心|尽管|只管|大胆)"
)
THUS = (
    "(?:就?(?:按照?|照|依)(?:这个?|此|[你您]们?(?:说|写|列|核对|报|讲)的|(?:上[面头边]|以上|上述)的?)"
    "(?:方案|金额|地址|信息|价格|内容|方式)?(?:来|去)?)"
)
WAY = f"(?:{SELF}(?:就要?|要求?|愿意|决定|选择)?|(?:{THUS}|(?:{YOU}(?:就|快)?去?|{HASTE})?{HASTE}?))"
# Asked of the other side, even 了 is no report: 给我办了吧.
POLITELY = f"(?:(?:麻烦|劳烦|有劳|劳驾|唔该|辛苦|拜托)(?:你们?|您|{CALLED})?,?|烦请|您受累,?|劳您大驾,?)"
HELP = (
    rf"(?:(?:(?:{HASTE}|{YOU}),?){{0,3}}{POLITELY}?"
    rf"(?:[帮给替为](?:我们?|俺们?|咱们?|偶|阿拉)|帮忙|请?协助|给)去?{HASTE}?"
    rf"|{HASTE}?{POLITELY}{HASTE}?)"
)
END = "(?:掉?[吧叭呗噻撒哈]|掉|就行|就好|就可以|即可)"
HELPED_END = "(?:(?:掉|一下|下)?了?[吧叭呗噻撒啦咯哈喽]|掉|一下|下|就行|就好)"
DOUBTFUL_END = "(?:掉?了?[嘛咯啦喽吧噻撒呗])"  # an urging in dialect; elsewhere it sounds like 吗 or 了
ENGLISH_DO = any_of(
    rf"""
    (?:confirm|submit|process|approve|accept|authori[sz]e)(?:_(?:it|this|that))?
    (?:go_ahead|proceed)(?:_with_(?:(?:the_)?{FULL}|it|this|that))? go_for_it do_(?:it|that) make_it_so please_do
    """
)
ENGLISH_WAY = any_of("i i_want_to id_like_to lets go_ahead_and i_agree_to")
ENGLISH = any_of(
    rf"""
    (?:{ENGLISH_WAY}_)?{ENGLISH_DO}(?:_and_{ENGLISH_DO})* {ENGLISH_WAY}_{FULL} (?:i_)?agreed? i_do i_approve
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
    *["服务", "差价", "争议", "破损", "扣费", *"单款钱货票卡额期机号网"],
]
THIS = "(?:这[个张笔条项]|它)"
WHICH = "(?:一?下)?(?:一?张|这个|这[张笔单条项]|该|我的|我这[张个笔]|本|这)?"
INTO = rf"(?:一下|上(?!去)|[到成为至](?:{GAP}元?|这个|这里|新的?(?:家|地方|房子|地址)?)的?)"
# Words that a verb (分, 查, 提) is a part of.
KEPT = any_of(
    """
    百分百 十分 搬家 核实(?=过|完|无误) 核查(?=过|无误) 开会 开车 开搞 安排 阿拉
    检查 查看 查(?=[过完好了看]) 提交 开始 办理 申请 执行
    """
)
# These drop the matter, too: where they are a task's verb, without its object, they are a yes only after 是的 and 确认.
UNDOING = frozenset(["取消", "撤销", "撤", "停", "cancel,it"])
