-- Demo data of the shop, as of 2026-11-10. It answers for every user.

-- amount: price of the order; paid: what was paid so far; current: today's price of the same goods.
-- carrier is empty until the order is shipped, delivered_on until it is signed for; eta is also the one after a new address.
CREATE TABLE shop_orders (
    order_id TEXT PRIMARY KEY, item TEXT, amount TEXT, paid TEXT, current TEXT, paid_on TEXT,
    status TEXT, next_step TEXT, eta TEXT, delivered_on TEXT, signed_at TEXT
);
INSERT INTO shop_orders VALUES
('20231105', '加厚羽绒服 黑色 L',     '399.00', '399.00', '369.00', '2026-11-08', '运输中', '包裹已经在路上，预计 11 月 12 日送达。', '11 月 12 日', NULL, NULL),
('20231106', '白色运动鞋 42 码',      '259.00', '259.00', '259.00', '2026-11-10', '待发货', '预计今天 24:00 前发出。', '11 月 13 日', NULL, NULL),
('20231107', '陶瓷马克杯 两只装',     '89.90',  '89.90',  '89.90',  '2026-11-04', '已签收', '7 天内不满意可以申请退款或换货。', NULL, '2026-11-07', '小区快递柜'),
('20231108', '纯棉四件套 灰色',       '129.00', '129.00', '129.00', '2026-11-01', '退款中', '仓库正在验货，预计 11 月 11 日前打款。', NULL, '2026-11-04', '家门口'),
('20231109', '空气炸锅 5 升',         '319.00', '319.00', '319.00', '2026-11-03', '运输中', '包裹比预计的晚了，已安排优先派送，预计 11 月 11 日送达。', '11 月 11 日', NULL, NULL),
('20231110', '保温杯 500 毫升',       '79.00',  '0.00',   '79.00',  NULL,         '待付款', '请在今天 24:00 前付款，逾期自动取消。', '付款后第 3 天', NULL, NULL),
('20231111', '智能手表 黑色（预售）', '799.00', '100.00', '799.00', '2026-11-01', '定金已付', '尾款 11 月 20 日 20:00 开放，请在 72 小时内付清。', '11 月 30 日', NULL, NULL),
('20231001', '电热水壶 1.7 升',       '149.00', '149.00', '149.00', '2026-10-01', '已完成', '保修期到 2027 年 10 月 4 日。', NULL, '2026-10-04', '本人签收');

CREATE TABLE shop_parcels (
    order_id TEXT PRIMARY KEY, carrier TEXT, tracking_no TEXT, updated_at TEXT,
    status_text TEXT, late_text TEXT, courier_phone TEXT
);
INSERT INTO shop_parcels VALUES
('20231105', '迅达快递', 'XD7700123456', '11 月 10 日 08:20', '已到达杭州转运中心，正发往上海', '还在预计时间内', '400-000-0618'),
('20231109', '迅达快递', 'XD7700123499', '11 月 10 日 07:45', '停留在成都分拨中心，已安排优先派送', '原定 11 月 7 日送达，已晚了 3 天', '400-000-0619');

CREATE TABLE shop_refunds (order_id TEXT PRIMARY KEY, refund_id TEXT, amount TEXT, status TEXT, next_step TEXT);
INSERT INTO shop_refunds VALUES
('20231108', 'TK202611080001', '129.00', '仓库验货中', '预计 11 月 11 日前打款，按原支付方式退回。');

CREATE TABLE shop_invoices (order_id TEXT PRIMARY KEY, issued_at TEXT, invoice_title TEXT);
INSERT INTO shop_invoices VALUES
('20231001', '10 月 6 日', '个人');

CREATE TABLE shop_products (name TEXT PRIMARY KEY, stock_text TEXT, next_step TEXT);
INSERT INTO shop_products VALUES
('加厚羽绒服', '黑色 M、L、XL 码有现货，白色 M 码缺货', '现货 16:00 前付款当天发货；白色 M 码预计 11 月 15 日补货，可在商品页点“到货通知”。'),
('白色运动鞋', '38 至 43 码有现货', '16:00 前付款当天发货。'),
('空气炸锅',   '有现货，余量 26 台', '16:00 前付款当天发货。'),
('智能手表',   '预售中', '11 月 20 日付尾款后 7 天内发货。'),
('电热水壶',   '缺货', '预计 11 月 18 日补货，可在商品页点“到货通知”。'),
('保温杯',     '有现货，余量充足', '16:00 前付款当天发货。');
