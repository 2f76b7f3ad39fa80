-- What alerting must know again after a restart. Times are civil seconds since the epoch.

CREATE TABLE alerts (
    rule    TEXT NOT NULL,
    subject TEXT NOT NULL,
    phase   TEXT NOT NULL,
    since   REAL NOT NULL,
    why     TEXT NOT NULL,
    waited  REAL NOT NULL,
    running REAL,
    PRIMARY KEY (rule, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE transitions (
    id       INTEGER PRIMARY KEY,
    rule     TEXT NOT NULL,
    subject  TEXT NOT NULL,
    was      TEXT NOT NULL,
    now      TEXT NOT NULL,
    at       REAL NOT NULL,
    why      TEXT NOT NULL
) STRICT;

CREATE TABLE incidents (
    id     INTEGER PRIMARY KEY,
    root   TEXT NOT NULL,
    opened REAL NOT NULL,
    closed REAL,
    body   TEXT NOT NULL
) STRICT;

CREATE INDEX incidents_open ON incidents (closed);

-- Every decision about an incident, with its reason: what `explain` tells.
CREATE TABLE decisions (
    id       INTEGER PRIMARY KEY,
    incident INTEGER,
    at       REAL NOT NULL,
    verb     TEXT NOT NULL,
    because  TEXT NOT NULL,
    subject  TEXT NOT NULL,
    alert    TEXT NOT NULL,
    by       TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX decisions_of_incident ON decisions (incident);

-- Who is owed which notification: state is owed, told or failed.
CREATE TABLE deliveries (
    id       INTEGER PRIMARY KEY,
    incident INTEGER NOT NULL,
    receiver TEXT NOT NULL,
    kind     TEXT NOT NULL,
    at       REAL NOT NULL,
    body     TEXT NOT NULL,
    state    TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    settled  REAL,
    answer   TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX deliveries_owed ON deliveries (state) WHERE state = 'owed';
CREATE INDEX deliveries_of_incident ON deliveries (incident);

CREATE TABLE maintenance (
    id       INTEGER PRIMARY KEY,
    kind     TEXT NOT NULL,
    target   TEXT NOT NULL,
    start    REAL NOT NULL,
    "end"    REAL NOT NULL,
    reason   TEXT NOT NULL,
    by       TEXT NOT NULL,
    made     REAL NOT NULL,
    ended    REAL,
    ended_by TEXT NOT NULL DEFAULT ''
) STRICT;
