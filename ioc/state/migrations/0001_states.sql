-- What the intake must know again after a restart: the state of each endpoint and each source's last verdict.
-- Times are civil seconds since the epoch (steady time has another origin after a restart).

CREATE TABLE states (
    subject TEXT PRIMARY KEY,
    state   TEXT NOT NULL,
    since   REAL NOT NULL,
    reason  TEXT NOT NULL,
    detail  TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

CREATE TABLE verdicts (
    subject TEXT NOT NULL,
    source  TEXT NOT NULL,
    verdict TEXT NOT NULL,
    since   REAL NOT NULL,
    PRIMARY KEY (subject, source)
) STRICT, WITHOUT ROWID;
