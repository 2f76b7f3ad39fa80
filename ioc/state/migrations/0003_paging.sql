-- Whom a delivery goes to and why, silences, recurring maintenance, alerts of other programs, heartbeats, duty and its log.
-- Times are civil seconds since the epoch.

ALTER TABLE deliveries ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN person TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN channel TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN severity TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN because TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN instead_of INTEGER;
-- The delivery that tells of this one, which came too late.
ALTER TABLE deliveries ADD COLUMN summary INTEGER;
CREATE INDEX deliveries_in_summary ON deliveries (summary) WHERE summary IS NOT NULL;
CREATE INDEX deliveries_at ON deliveries (at);

ALTER TABLE decisions ADD COLUMN note TEXT NOT NULL DEFAULT '';

-- Alerts that fire although somebody closed their incident: noted until they fire anew.
CREATE TABLE dismissed (
    alert TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE silences (
    id      TEXT PRIMARY KEY,
    start   REAL NOT NULL,
    "end"   REAL NOT NULL,
    body    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE recurrences (
    id      INTEGER PRIMARY KEY,
    ended   REAL,
    body    TEXT NOT NULL
) STRICT;

ALTER TABLE maintenance ADD COLUMN recurrence INTEGER;

-- Alerts that other programs post: `ends` is when the lease of one runs out.
CREATE TABLE outside (
    fingerprint TEXT PRIMARY KEY,
    ends        REAL NOT NULL,
    body        TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- `at` is when one came last; where none ever has (not `heard`), since when it is expected.
CREATE TABLE heartbeats (
    name  TEXT PRIMARY KEY,
    at    REAL NOT NULL,
    heard INTEGER NOT NULL DEFAULT 1
) STRICT, WITHOUT ROWID;

-- Overrides and swaps that people made on screen; those of the configuration are not here.
CREATE TABLE duty_changes (
    id       INTEGER PRIMARY KEY,
    schedule TEXT NOT NULL,
    ended    REAL,
    body     TEXT NOT NULL
) STRICT;

CREATE TABLE shift_notes (
    id   INTEGER PRIMARY KEY,
    at   REAL NOT NULL,
    by   TEXT NOT NULL,
    body TEXT NOT NULL,
    folded TEXT NOT NULL -- what is searched: without case and tone marks
) STRICT;

CREATE TABLE digests (
    unit TEXT PRIMARY KEY,
    at   REAL NOT NULL
) STRICT, WITHOUT ROWID;
