-- What we publish about requests, disputes and the like: counted once when a quarter is over, and never again, so that
-- nobody learns anything by comparing two days. The numbers are of nobody and outlive what they were counted from.
CREATE TABLE transparency_figures (
    -- As the reports name it.
    matter text NOT NULL CHECK (char_length(matter) BETWEEN 1 AND 40),
    -- The first day of the quarter.
    quarter date NOT NULL CHECK (quarter = date_trunc('quarter', quarter)::date),
    -- 'received', or how it ended.
    what text NOT NULL CHECK (char_length(what) BETWEEN 1 AND 40),
    count bigint NOT NULL CHECK (count >= 0),
    counted_at timestamptz NOT NULL,
    PRIMARY KEY (matter, quarter, what)
);
