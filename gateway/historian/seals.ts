/**
 * Readings are sealed by periods: when one ends, each point's rows of it are hashed, and the root over all points goes into the journal. A row
 * carries the number of its period, so that what comes late, or under a clock that was set back, belongs to a later one and never changes an
 * earlier.
 */
export const sealSchema = `
  CREATE TABLE sealed_period (id INTEGER PRIMARY KEY, at REAL NOT NULL, rows INTEGER NOT NULL, root TEXT NOT NULL) STRICT;
  CREATE TABLE sealed_series (
    period INTEGER NOT NULL, point INTEGER NOT NULL, rows INTEGER NOT NULL, first REAL NOT NULL, last REAL NOT NULL, digest TEXT NOT NULL,
    PRIMARY KEY (period, point)
  ) STRICT, WITHOUT ROWID;
`
