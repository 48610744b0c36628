-- What all three tenants share.

-- One row for each POST that was answered: the same key again gets the same answer, and nothing is done twice.
CREATE TABLE answers (
    tenant TEXT, user_id TEXT, key TEXT,
    status INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (tenant, user_id, key)
) WITHOUT ROWID;

-- What users asked for: refunds, tickets, changes. details is a JSON object of strings.
CREATE TABLE filed (
    tenant TEXT, user_id TEXT, kind TEXT, subject TEXT,
    details TEXT NOT NULL,
    PRIMARY KEY (tenant, user_id, kind, subject)
) WITHOUT ROWID;

-- The last number given out for each prefix.
CREATE TABLE numbers (
    tenant TEXT, prefix TEXT,
    last INTEGER NOT NULL,
    PRIMARY KEY (tenant, prefix)
) WITHOUT ROWID;
