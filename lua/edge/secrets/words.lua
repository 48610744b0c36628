-- Which words stand around a secret? pyshim/language/secrets/words.py has the same (tests/edge/test_secrets.py says so).

return {
    -- Behind or before one of these a number, or a word of a password, is a secret.
    names = {
        password = {
            "密码", "口令", "密马", "密玛", "密妈", "密吗", "密嘛", "蜜码", "蜜马", "蜜吗", "秘码", "秘马", "咪码", "password", "passwd",
            "passcode", "passphrase", "pswd", "psw", "pwd", "pw", "pin", "mima", "锁屏码", "解锁码", "秘密号码",
        },
        code = {
            "动态密码", "动态口令", "验证码", "校验码", "动态码", "短信码", "认证码", "授权码", "验正码", "验证马", "验证玛", "验证妈", "verificationcode",
            "securitycode", "authcode", "yanzhengma", "yzm", "otp", "dynamiccode",
        },
        cvv = {
            "安全码", "背面三位", "背面后三位", "背面的三位", "背面的后三位", "背面3位", "背面后3位", "卡后三位", "卡后面三位", "卡后面的三位", "cvv2", "cvv", "cvc2",
            "cvc",
        },
        document = {
            "护照", "港澳通行证", "港澳台通行证", "台湾通行证", "大陆通行证", "内地通行证", "港澳证", "回乡证", "台胞证", "军官证", "士兵证", "警官证", "passport",
        },
        -- holds a name, and is none
        none = {
            "保密吗", "亲密吗", "机密吗", "加密吗", "秘密吗", "保密嘛", "亲密嘛", "机密嘛", "加密嘛", "密码锁", "密码箱", "密码盒",
        },
    },
    -- What may stand between the two; a word of says says that what follows is it.
    says = { "是", "系", "为", ":", "=", "叫", "是不是", "改成", "改为", "换成", "设为", "设成", "重置为", "重置成", "is", "was" },
    -- Of those: behind these anything may be said in English (my password is wrong); behind these something may be said besides.
    states = { "is", "was" },
    prose = { "is", "was", ":", "=" },
    joins = {
        " ", "-", "/", ",", "、", "'", '"', "“", "”", "‘", "’", "「", "」", "【", "[", "(", "《", "<", "*", "就", "我", "的", "设置",
        "设", "成", "改", "填", "输入", "输", "写", "给", "你", "您", "了", "收到", "发来", "发你", "发您", "发给", "来", "从", "由", "不是", "应该",
        "好像", "可能", "大概", "这个", "那个", "想", "告诉", "用", "试", "过", "啊", "哦", "码", "号码", "数字", "数", "生日", "身份证", "手机号", "后六位", "后四位", "号",
        "军", "武", "字", "第", "刚", "刚刚", "刚才", "现在", "已经", "显示", "not", "now", "no", "no.", "number",
    },
    -- 验证码发我手机了，就是667788: behind a pause, before a word of is.
    again = { " ", "就", "应该", "好像", "可能", "大概", "也" },
    -- My password is wrong: what is said of a password in English, and is none. So are words in -ed and -ing.
    english = {
        "a", "all", "already", "also", "always", "an", "at", "bad", "blank", "broken", "by", "correct", "different",
        "down", "easy", "empty", "for", "forgotten", "from", "gone", "good", "hard", "here", "his", "her", "how", "i",
        "in", "incorrect", "invalid", "is", "it", "just", "known", "late", "long", "lost", "me", "my", "never", "no",
        "not", "of", "off", "ok", "okay", "old", "on", "only", "our", "out", "please", "really", "required", "reset",
        "right", "same", "sent", "set", "short", "shown", "so", "still", "stolen", "stuck", "such", "than", "that", "the",
        "their", "there", "this", "to", "too", "unknown", "unsafe", "very", "weak", "what", "where", "which", "who", "why",
        "with", "without", "wrong", "you", "your", "characters", "digits", "letters", "numbers", "chars",
    },
    -- Behind one value, before another (旧密码1234改成5678).
    chains = { "改成", "改为", "换成", "换为", "变成", "->", "→", "或者", "或", "还是", "和", "、", "是", "而是" },
    -- Behind such a number it counts something, or names something else.
    counts = {
        "元", "块", "圆", "角", "年", "月", "日", "次", "分", "秒", "个", "天", "位", "折", "小时", "点", "万", "千", "百", "条", "张", "笔", "岁",
        "度", "兆", "%", "的手机", "的电话", "的号", "的订单", "的单", "的卡", "这张", "那张", "这单", "那单", "这个订单", "那个订单", "订单", "尾号", "结尾",
        "开头", "那个手机", "发的", "发来的", "发过来的",
    },
    -- 123456是我的支付密码: what stands between, read backwards.
    of = { " ", "支付", "登录", "登陆", "交易", "取款", "查询", "短信", "手机", "银行卡", "信用卡", "卡", "服务", "的", "我们", "我", "my", "the" },
    is = { "是", "系", "为", "即", "is" },
    before_is = { " ", ",", "就", "这个", "这" },

    identity = { "身份证", "证件号" },
    card = { "银行卡", "信用卡", "储蓄卡", "借记卡", "卡号", "card" },
    no_card = { "会员", "礼品", "购物", "饭卡", "充值", "优惠", "电话卡", "流量卡", "sim" },
    order = { "订单", "单号", "运单", "快递", "物流", "流水", "工单", "编号", "imei", "iccid" },
}
