-- Demo data of the bank, as of 2026-11-05 09:30. It answers for every user.

-- lost_at, loss_id: reported lost before; closed_at: closed before.
CREATE TABLE bank_cards (
    card_tail TEXT PRIMARY KEY, kind TEXT, card_name TEXT, lost_at TEXT, loss_id TEXT, closed_at TEXT
);
INSERT INTO bank_cards VALUES
('1234', 'debit',  '江海借记卡',     NULL,               NULL,          NULL),
('8866', 'credit', '江海金卡信用卡', NULL,               NULL,          NULL),
('5678', 'debit',  '江海借记卡',     '2026-11-01 21:05', 'L2026110107', NULL),
('4321', 'debit',  '江海借记卡',     NULL,               NULL,          '2026-06-18');

-- The credit card's account, in yuan. Statement day 5, due day 25.
CREATE TABLE bank_credit (
    card_tail TEXT, credit_limit TEXT, max_limit TEXT, statement TEXT, max_installment TEXT, min_installment TEXT,
    first_date TEXT
);
INSERT INTO bank_credit VALUES
('8866', '20000.00', '50000.00', '12860.50', '12000.00', '600.00', '2026-12-05');

-- saved_interest: interest saved for each yuan that is repaid early.
CREATE TABLE bank_loans (
    loan_name TEXT, outstanding TEXT, periods_paid INTEGER, min_amount TEXT, saved_interest TEXT, account_tail TEXT
);
INSERT INTO bank_loans VALUES
('个人住房贷款', '486420.15', 38, '10000.00', '0.2156', '1234');

CREATE TABLE bank_transfers (
    transfer_id TEXT PRIMARY KEY, created_at TEXT, payee TEXT, payee_bank TEXT, payee_tail TEXT, amount TEXT,
    status_text TEXT, eta TEXT, advice TEXT
);
INSERT INTO bank_transfers VALUES
('2026110402', '2026-11-04 19:40', '李*', '他行',     '7781', '60,000.00', '处理中',
 '预计 2026-11-05 10:00 前', '跨行 5 万元以上要等工作日 8:30 至 17:00 的大额通道，请不要重复转账。'),
('2026110301', '2026-11-03 14:02', '王*', '江海银行', '9015', '3,000.00', '已到账',
 '2026-11-03 14:02', '请收款人查看余额明细。'),
('2026110501', '2026-11-05 08:15', '陈*', '他行',     '3340', '20,000.00', '等待转出，您选了“24 小时后到账”',
 '预计 2026-11-06 08:15', '在此之前可在手机银行“转账记录”里撤回。');
