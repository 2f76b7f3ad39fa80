-- Cases, what was heard of them and is not in their rows yet, findings, cursors of sources, daily sums.
-- Times are civil seconds since the epoch. `body` is ioc.cases.packed; the columns beside it are for lists.

CREATE TABLE cases (
    n         INTEGER PRIMARY KEY,
    key       TEXT NOT NULL UNIQUE,
    live      INTEGER NOT NULL,
    unit      TEXT NOT NULL,
    procedure TEXT NOT NULL,
    officer   TEXT NOT NULL,
    channel   TEXT NOT NULL,
    stage     TEXT NOT NULL,
    received  REAL,
    due       REAL,
    soon      REAL,
    overdue   REAL,
    stuck     REAL,
    paused    INTEGER NOT NULL,
    closed    REAL,
    result    TEXT NOT NULL,
    body      BLOB NOT NULL,
    -- Applicant and subject, as JSON; no list reads it, and it is dropped some time after the case was over.
    private   TEXT
) STRICT;
CREATE INDEX cases_live ON cases (n) WHERE live = 1;
CREATE INDEX cases_private ON cases (closed) WHERE private IS NOT NULL;

-- Updates answered and not folded into their rows yet: to merge them once more changes nothing.
CREATE TABLE log (
    n    INTEGER PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;

CREATE TABLE findings (
    key    TEXT NOT NULL,
    fault  TEXT NOT NULL,
    source TEXT NOT NULL,
    value  TEXT NOT NULL,
    at     REAL NOT NULL,
    PRIMARY KEY (key, fault, source, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX findings_at ON findings (at);

CREATE TABLE cursors (
    source TEXT PRIMARY KEY,
    body   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Day is the ordinal of a date; of units only their own sums are kept.
CREATE TABLE sums (
    kind  TEXT NOT NULL,
    axis  TEXT NOT NULL,
    value TEXT NOT NULL,
    day   INTEGER NOT NULL,
    name  TEXT NOT NULL,
    n     INTEGER NOT NULL,
    PRIMARY KEY (kind, axis, value, day, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX sums_day ON sums (day);

CREATE TABLE facts (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
