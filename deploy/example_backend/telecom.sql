-- Demo data of the telecom operator, as of 2026-11-20 09:30. A user who is not in telecom_users sees what u-1 sees.

CREATE TABLE telecom_plans (plan TEXT PRIMARY KEY, fee TEXT, data_gb TEXT, data_text TEXT, voice_text TEXT, min_age INTEGER);
INSERT INTO telecom_plans VALUES
('保号8',   '8',   '0.1', '100 MB 全国流量', '30 分钟通话',   0),
('孝心19',  '19',  '5',   '5 GB 全国流量',   '200 分钟通话',  60),
('畅享29',  '29',  '10',  '10 GB 全国流量',  '100 分钟通话',  0),
('畅享59',  '59',  '30',  '30 GB 全国流量',  '300 分钟通话',  0),
('畅享99',  '99',  '60',  '60 GB 全国流量',  '600 分钟通话',  0),
('畅享139', '139', '100', '100 GB 全国流量', '1000 分钟通话', 0),
('畅享199', '199', '150', '150 GB 全国流量', '1500 分钟通话', 0);

-- contract_until, penalty: of a contract that runs; pending_plan: a change that is booked; stopped_on: a number that is stopped.
CREATE TABLE telecom_users (
    user_id TEXT PRIMARY KEY, phone TEXT, age INTEGER, plan TEXT, since TEXT, contract_until TEXT, penalty TEXT,
    pending_plan TEXT, balance TEXT, balance_text TEXT, used_gb TEXT, stopped_on TEXT, stopped_because TEXT
);
INSERT INTO telecom_users VALUES
('u-1', '13800002046', 35, '畅享59', '2025 年 3 月 1 日',  NULL, NULL, NULL, '43.6', '余额够用到月底。', '21.4', NULL, NULL),
('u-2', '13900007731', 28, '畅享29', '2024 年 8 月 1 日',  NULL, NULL, NULL, '-12.4', '已欠费，充值后 10 分钟内恢复使用。', '12', '11 月 18 日', '欠费'),
('u-3', '13700005518', 41, '畅享99', '2026 年 5 月 1 日',  '2027 年 4 月 30 日', '148.5', NULL, '120', '余额够用到月底。', '35.5', NULL, NULL),
('u-4', '13600009902', 33, '保号8',  '2026 年 9 月 1 日',  NULL, NULL, NULL, '50', '余额够用到月底。', '0', '9 月 2 日', '停机保号'),
('u-5', '13500003364', 66, '孝心19', '2023 年 10 月 1 日', NULL, NULL, '畅享29', '30', '余额够用到月底。', '1.2', NULL, NULL),
('u-6', NULL, 30, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

-- state: active, contract (comes with one), trial, cancelled.
CREATE TABLE telecom_services (
    user_id TEXT, service TEXT, fee TEXT, state TEXT, contract_name TEXT, cancelled_at TEXT, end_date TEXT
);
INSERT INTO telecom_services VALUES
('u-1', '视频彩铃', '6',  'active',    NULL, NULL, NULL),
('u-1', '视频会员', '15', 'active',    NULL, NULL, NULL),
('u-3', '视频会员', '15', 'contract',  '畅享99 一年约', NULL, '2027 年 4 月 30 日'),
('u-5', '音乐彩铃', '5',  'cancelled', NULL, '11 月 6 日', '11 月 30 日'),
('u-5', '阅读会员', '10', 'trial',     NULL, NULL, '12 月 5 日');

-- What bills consist of. part: plan, extra, service, discount.
CREATE TABLE telecom_charges (user_id TEXT, period TEXT, part TEXT, item TEXT, amount TEXT);
INSERT INTO telecom_charges
SELECT user_id, period, 'plan', plan || ' 套餐月费', fee
FROM telecom_users JOIN telecom_plans USING (plan), (
    SELECT '2026-06' AS period UNION SELECT '2026-07' UNION SELECT '2026-08'
    UNION SELECT '2026-09' UNION SELECT '2026-10' UNION SELECT '2026-11'
);
INSERT INTO telecom_charges VALUES
('u-1', '2026-08', 'service',  '视频彩铃', '6'),
('u-1', '2026-09', 'service',  '视频彩铃', '6'),
('u-1', '2026-09', 'extra',    '套外通话', '3.5'),
('u-1', '2026-10', 'service',  '视频彩铃', '6'),
('u-1', '2026-10', 'service',  '视频会员自动续费', '15'),
('u-1', '2026-10', 'extra',    '套外流量 2 GB', '10'),
('u-1', '2026-10', 'discount', '老用户优惠', '6'),
('u-1', '2026-11', 'service',  '视频彩铃', '6'),
('u-1', '2026-11', 'service',  '视频会员自动续费', '15'),
('u-1', '2026-11', 'discount', '老用户优惠', '6'),
('u-2', '2026-11', 'extra',    '套外流量 2 GB', '10');

-- state: missing (paid, not credited), credited, processing, other_number.
CREATE TABLE telecom_payments (
    user_id TEXT, amount TEXT, paid_at TEXT, channel TEXT, state TEXT, credited_at TEXT, eta TEXT, other_phone TEXT
);
INSERT INTO telecom_payments VALUES
('u-1', '100', '11 月 19 日 20:14', '畅联 App', 'missing',      NULL, NULL, NULL),
('u-1', '50',  '11 月 15 日 8:02',  '畅联 App', 'credited',     '11 月 15 日 8:03', NULL, NULL),
('u-1', '200', '11 月 20 日 9:05',  '手机钱包', 'processing',   NULL, '11 月 20 日 11:05', NULL),
('u-1', '30',  '11 月 17 日 12:40', '手机钱包', 'other_number', NULL, NULL, '138****2064');

-- fault_id: a repair that is under way; outage_area: the line is down. The owner is found by phone.
CREATE TABLE telecom_broadband (
    account TEXT PRIMARY KEY, phone TEXT, address TEXT, city TEXT, months_left INTEGER,
    fault_id TEXT, fault_status TEXT, fault_visit TEXT, outage_area TEXT, outage_eta TEXT
);
INSERT INTO telecom_broadband VALUES
('KD20260318', '13800002046', '杭州市西湖区文三路20号3幢502室', '杭州市', 4, NULL, NULL, NULL, NULL, NULL),
('KD20240229', '13900007731', '杭州市上城区庆春路9号1幢301室',  '杭州市', 0, NULL, NULL, NULL, NULL, NULL),
('KD20250509', '13700005518', '杭州市滨江区江虹路6号2幢902室',  '杭州市', 5, 'KX26111907', '已派单', '11 月 21 日 9:00 至 11:00', NULL, NULL),
('KD20260777', NULL,          '杭州市拱墅区祥园路3号5幢201室',  '杭州市', 2, NULL, NULL, NULL, '杭州市拱墅区祥符街道', '11 月 20 日 14:00');

-- Where there is no line yet, and when there will be.
CREATE TABLE telecom_uncovered (place TEXT PRIMARY KEY, eta TEXT);
INSERT INTO telecom_uncovered VALUES
('临安', '2027 年 3 月');
