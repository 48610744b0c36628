-- Which words stand around a secret? pyshim/language/secrets/words.py has the same (tests/edge/test_secrets.py says so).

return {
    -- Behind or before one of these a number, or a word of a password, is a secret.
    names = {
        password = { "密码", "口令", "password", "passwd", "passcode", "pwd", "pin", "mima" },
        code = { "动态密码", "动态口令", "验证码", "校验码", "动态码", "短信码", "yzm", "otp" },
        cvv = { "安全码", "背面三位", "背面后三位", "背面的三位", "背面3位", "背面后3位", "cvv2", "cvv", "cvc2", "cvc" },
    },
    -- What may stand between the two; a word of says says that what follows is it.
    says = { "是", "为", ":", "=", "叫" },
    joins = {
        " ", "-", "/", ",", "、", "'", '"', "“", "”", "‘", "’", "「", "【", "[", "(", "《", "<", "*", "就", "我", "的", "设置", "设",
        "成", "改", "填", "输入", "输", "写", "给", "你", "您", "了", "收到", "发来", "发你", "发您", "发给", "来", "应该", "好像", "可能", "大概", "这个",
        "告诉", "用", "试", "过", "啊", "哦", "码", "号码", "数字", "is", "was",
    },
    -- Behind such a number it counts something, or names something else.
    counts = {
        "元", "块", "圆", "角", "年", "月", "日", "次", "分", "秒", "个", "天", "位", "折", "小时", "点", "万", "千", "百", "条", "张", "笔", "岁",
        "度", "兆", "%", "的手机", "的电话", "的号", "的订单", "的单", "的卡", "这张", "那张", "这单", "那单", "这个订单", "那个订单", "订单", "尾号", "结尾", "开头",
        "那个手机",
    },
    -- 123456是我的支付密码: what stands between, read backwards.
    of = {
        "支付", "登录", "登陆", "交易", "取款", "查询", "短信", "手机", "银行卡", "信用卡", "卡", "服务", "的", "我们", "我", "my", "the", " ",
    },
    is = { "是", "为", "即", "is" },
    before_is = { " ", ",", "就", "这个", "这" },

    identity = { "身份证", "证件号" },
    card = { "银行卡", "信用卡", "储蓄卡", "借记卡", "卡号", "card" },
    no_card = { "会员", "礼品", "购物", "饭卡", "充值", "优惠", "电话卡", "流量卡", "sim" },
    order = { "订单", "单号", "运单", "快递", "物流", "流水", "工单", "编号", "imei", "iccid" },
}
