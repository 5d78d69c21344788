-- The catalogue: the truth of a store. One transaction per document; FAISS files are caches made from these rows.
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE spaces (
    key TEXT PRIMARY KEY,              -- as in vectors.space: the encoder's name, with a digest where a reindex made it
    name TEXT NOT NULL,                -- the encoder's
    fingerprint TEXT NOT NULL,         -- JSON of rag.protocols.Fingerprint
    state TEXT NOT NULL                -- current; coming, while a reindex fills it; leaving, until its vectors are dropped
) WITHOUT ROWID;

-- The documents whose vectors in a coming space are complete.
CREATE TABLE encoded (
    space TEXT NOT NULL,
    document_id TEXT NOT NULL,
    PRIMARY KEY (space, document_id)
) WITHOUT ROWID;

CREATE TABLE documents (
    id TEXT PRIMARY KEY,               -- sha256 of the bytes; a kept original lies in the media under the same hash
    title TEXT NOT NULL,
    media_type TEXT NOT NULL,
    n_pages INTEGER NOT NULL,
    metadata TEXT NOT NULL,            -- JSON object of strings
    ingested_at TEXT NOT NULL          -- UTC, ISO 8601
) WITHOUT ROWID;

-- The same bytes may lie in several places, and in several collections; a document lives as long as one of them is known.
CREATE TABLE sources (
    collection TEXT NOT NULL,
    location TEXT NOT NULL,            -- absolute path, or upload:NAME
    source TEXT NOT NULL,              -- path below the ingested folder, as shown to people
    document_id TEXT NOT NULL REFERENCES documents (id),
    PRIMARY KEY (collection, location)
) WITHOUT ROWID;
CREATE INDEX sources_by_document ON sources (document_id);

CREATE TABLE elements (
    row INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used twice: FAISS and FTS5 know elements by it
    id TEXT NOT NULL UNIQUE,
    document_id TEXT NOT NULL REFERENCES documents (id),
    ordinal INTEGER NOT NULL,
    modality TEXT NOT NULL,
    page INTEGER NOT NULL,
    text TEXT NOT NULL,
    box TEXT,                          -- JSON [x0, y0, x1, y1]
    section TEXT NOT NULL,             -- JSON list of headings
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    media TEXT,
    ocr TEXT NOT NULL,
    context TEXT NOT NULL,
    origin TEXT NOT NULL,
    spans TEXT NOT NULL,               -- JSON list of [start, end, x0, y0, x1, y1]
    caption TEXT NOT NULL DEFAULT ''   -- what a captioner wrote about the picture, as wanted last
);
CREATE INDEX elements_by_document ON elements (document_id, ordinal);
CREATE INDEX elements_by_media ON elements (media) WHERE media IS NOT NULL;

CREATE TABLE vectors (
    element INTEGER NOT NULL,
    space TEXT NOT NULL,               -- spaces.key
    kind TEXT NOT NULL,                -- 'text' or 'image': what was encoded; 'page': the pooled rows of multivectors
    window INTEGER NOT NULL,           -- which window of a long text, which row of a page
    vector BLOB NOT NULL,              -- float16, little endian
    PRIMARY KEY (element, space, kind, window)
) WITHOUT ROWID;

-- Pages by late interaction: every vector of a page. Rows are large: WITHOUT ROWID would spread them over the tree's nodes.
CREATE TABLE multivectors (
    element INTEGER NOT NULL,
    space TEXT NOT NULL,
    codes BLOB NOT NULL,               -- rag.late.multivectors.Multivector.to_bytes
    PRIMARY KEY (element, space)
);

-- What captioners wrote, for good: a row outlives its picture, and keeps no media alive.
CREATE TABLE captions (
    picture TEXT NOT NULL,             -- hash of the picture, or of the place on a page that it is cut from
    captioner TEXT NOT NULL,
    instruction TEXT NOT NULL,         -- sha256 of what it was asked
    caption TEXT NOT NULL,             -- empty for a gap
    failure TEXT NOT NULL,             -- why there is a gap, else empty
    written_at TEXT NOT NULL,          -- UTC, ISO 8601
    PRIMARY KEY (picture, captioner, instruction)
) WITHOUT ROWID;

-- What is compared of a picture to tell whether another shows the same (rag.likeness).
CREATE TABLE likenesses (
    media TEXT PRIMARY KEY,
    likeness BLOB NOT NULL             -- empty where nothing is on the picture
) WITHOUT ROWID;

CREATE TABLE failures (
    collection TEXT NOT NULL,
    location TEXT NOT NULL,
    source TEXT NOT NULL,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    failed_at TEXT NOT NULL,
    PRIMARY KEY (collection, location)
) WITHOUT ROWID;

-- Settings of collections; one without any needs no row, and is there as long as something lies in it.
CREATE TABLE collections (
    name TEXT PRIMARY KEY,
    route TEXT,                        -- null: that of the settings
    generator TEXT                     -- null: that of the settings
) WITHOUT ROWID;

-- Ingests, wherever they were begun: what was asked for, how far it is, how it ended (rag/store/jobs.py).
CREATE TABLE job (
    number INTEGER PRIMARY KEY AUTOINCREMENT,  -- in the order in which they were asked for
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,                -- upload, folder
    runner TEXT NOT NULL,              -- service: any that runs on the store; process: the one that began it
    state TEXT NOT NULL,               -- queued, running, done, failed, cancelled
    cancelling INTEGER NOT NULL,       -- 1: whoever runs it is to stop
    collection TEXT NOT NULL,
    paths TEXT NOT NULL,               -- JSON list: paths, or the names of what was sent over
    options TEXT NOT NULL,             -- JSON object: how the ingest goes
    key TEXT,                          -- idempotency key of the request
    key_digest TEXT,                   -- sha256 over what was sent with it
    created TEXT NOT NULL,             -- UTC, ISO 8601, as the next two
    started TEXT,
    ended TEXT,
    n_total INTEGER NOT NULL DEFAULT 0,
    n_done INTEGER NOT NULL DEFAULT 0,
    n_failed INTEGER NOT NULL DEFAULT 0,
    n_unchanged INTEGER NOT NULL DEFAULT 0,
    pages INTEGER NOT NULL DEFAULT 0,
    current TEXT NOT NULL DEFAULT '',
    seconds_left REAL,
    resumed INTEGER NOT NULL DEFAULT 0,
    killed INTEGER NOT NULL DEFAULT 0, -- how often its service died since it took something last
    report TEXT,                       -- JSON of rag.wire.IngestJson
    error TEXT                         -- JSON: code, detail, hint
);
CREATE INDEX job_by_state ON job (state);
CREATE UNIQUE INDEX job_by_key ON job (key) WHERE key IS NOT NULL;

CREATE TABLE job_file (
    number INTEGER PRIMARY KEY,
    job INTEGER NOT NULL,
    location TEXT NOT NULL,            -- as in sources
    source TEXT NOT NULL,
    state TEXT NOT NULL,               -- waiting, reading, done, failed
    outcome TEXT NOT NULL DEFAULT '',  -- of one that is done: added, replaced, unchanged
    code TEXT NOT NULL DEFAULT '',     -- of one that failed
    reason TEXT NOT NULL DEFAULT '',
    n_pages INTEGER NOT NULL DEFAULT 0,
    ended INTEGER                      -- in the order in which the files of the job ended; null until this one did
);
CREATE UNIQUE INDEX job_file_by_location ON job_file (job, location);
CREATE INDEX job_file_by_end ON job_file (job, ended);
