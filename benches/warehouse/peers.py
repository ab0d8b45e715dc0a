"""The board's questions Q1 to Q9 on another engine, over the files of `peakend sim`.

    python peers.py DIR --engine duckdb|polars|chdb [--runs 5] [--threads 2] [--questions Q1,Q9]
                        [--keep-cache] --json FILE

One process asks one engine. Each engine asks as its own users would who want it
fast: days instead of instants, few narrow groups first, 64-bit keys; of several
ways to ask, the quickest at 10 million rows was kept (processor seconds).

Files: DIR/responses-0000.parquet ..., DIR/customers-0000.parquet ..., DIR/truth.json.

Shape of FILE, the same for every engine:

    {"engine": "duckdb", "version": "...", "threads": 2, "runs": 5, "rows": 1000000, "base_mib": 61.2,
     "questions": {"Q1": {"cold": s, "warm": s, "warm_runs": [s, ...], "cpu": s, "peak_mib": MiB,
                          "bytes": n, "rchar": n,
                          "answer": {"columns": ["month", ...], "rows": [[202411, 123, ...], ...]}},
                   "Q2": {"error": "..."}}}

    cold      seconds of the clock of the first run of the question in this process, after the files
              were dropped from the page cache
    warm      median of the runs that follow at once; warm_runs holds all of them
    cpu       processor seconds (user and system, all threads), median of the warm runs
    peak_mib  largest resident memory (VmHWM) over all runs of the question, reset before the first
    bytes     read from storage during the cold run (read_bytes of /proc/self/io)
    rchar     read by system calls during the cold run (rchar); mapped files do not count here

Canonical answers: integers only, no ratio and no null; rows sorted by all columns from the left (Q9
keeps its own order). Promoter is NPS 9 to 10, passive 7 to 8, detractor 0 to 6. END is 2026-11-01,
day 20758. Filters use `day`. A week is its Monday as days since 1970: day - (day + 3) % 7.

    Q1  line 3, NPS by month (YYYYMM)
    Q2  line x channel: the 90 days before END, and the 90 before those
    Q3  touchpoint league: counts, sums and sums of squares of NPS and CSAT
    Q4  region in 1,3,5,8,13, segment in 1,2, channel 1, sentiment < -20: by week
    Q5  topic1 x tone (0: sentiment < -20, 1: between, 2: > 20)
    Q6  customers by band (0 detractor, 1 passive, 2 promoter) of their latest NPS answer in
        2026-04-01..2026-07-01 and in 2026-07-01..2026-10-01: that of the last day on which they
        answered, the lowest where there are several
    Q7  units with at least 10 NPS answers
    Q8  per touchpoint and pair of scores, where both are answered: n, sums, squares, products
    Q9  the twenty with the largest assets among customers with an NPS <= 6 in the last 90 days;
        ties by the smaller customer_id; n counts these answers
"""

import argparse
import importlib
import json
import os
import statistics
import sys

import figures

PAIRS = (("nc", "nps", "csat"), ("ne", "nps", "ces"), ("ce", "csat", "ces"))
BANDS = ["n", "promoters", "detractors"]
ROW_BANDS = ["rows", "nps_n", "promoters", "detractors"]
COLUMNS = {
    "Q1": ["month", "n", "promoters", "passives", "detractors"],
    "Q2": ["business_line", "channel", *BANDS, *(name + "_before" for name in BANDS)],
    "Q3": ["touchpoint", *ROW_BANDS, "nps_sum", "nps_squares", "csat_n", "csat_sum", "csat_squares"],
    "Q4": ["week", *ROW_BANDS],
    "Q5": ["topic", "tone", *ROW_BANDS],
    "Q6": ["from", "to", "customers"],
    "Q7": ["org_unit", *BANDS, "csat_n", "csat_sum"],
    "Q8": ["touchpoint", *(f"{pair}_{what}" for pair, _, _ in PAIRS for what in ("n", "a", "b", "aa", "bb", "ab"))],
    "Q9": ["customer_id", "aum_cents", "region", "n"],
}
# Q9 asks for an order of its own
ORDERED = {"Q9"}


def canonical(name, rows):
    """The rows as integers in the order that makes two engines comparable."""
    rows = [[int(value) for value in row] for row in rows]
    columns = COLUMNS[name]
    if any(len(row) != len(columns) for row in rows):
        raise ValueError(f"{name} has {len(columns)} columns, found a row of another length")
    return {"columns": columns, "rows": rows if name in ORDERED else sorted(rows)}


def question(engine, name, files, runs):
    """Figures of one question: a cold run, then the warm ones."""
    figures.reset_peak()
    if files:
        figures.evict(files)
    cold, rows = figures.timed(lambda: engine.ask(name))
    answer = canonical(name, rows)
    warm = []
    for _ in range(runs):
        run, rows = figures.timed(lambda: engine.ask(name))
        if canonical(name, rows) != answer:
            raise ValueError(f"{name} answered differently when asked again")
        warm.append(run)
    return {
        "cold": cold.seconds,
        "warm": statistics.median(run.seconds for run in warm),
        "warm_runs": [run.seconds for run in warm],
        "cpu": statistics.median(run.cpu for run in warm),
        "peak_mib": figures.peak_mib(),
        "bytes": cold.read_bytes,
        "rchar": cold.rchar,
        "answer": answer,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dir")
    parser.add_argument("--engine", required=True, choices=["duckdb", "polars", "chdb"])
    parser.add_argument("--json", required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--questions", default=",".join(COLUMNS))
    parser.add_argument("--keep-cache", action="store_true", help="leave the files in the page cache")
    args = parser.parse_args()
    # Polars looks at it once, when it is loaded
    os.environ["POLARS_MAX_THREADS"] = str(args.threads)
    engine = importlib.import_module("on_" + args.engine).Engine(args.dir, args.threads)
    files = [] if args.keep_cache else figures.files_of(args.dir)
    report = {
        "engine": args.engine,
        "version": engine.version,
        "threads": args.threads,
        "runs": args.runs,
        "rows": engine.rows(),
        "base_mib": figures.peak_mib(),
        "questions": {},
    }
    for name in args.questions.split(","):
        try:
            found = question(engine, name, files, max(args.runs, 1))
            print(f"{args.engine} {name}: cold {found['cold']:.3f} s, warm {found['warm']:.3f} s", file=sys.stderr)
        except Exception as error:  # an engine that cannot answer is a result, not the end of the bench
            found = {"error": f"{type(error).__name__}: {error}"}
            print(f"{args.engine} {name}: {found['error']}", file=sys.stderr)
        report["questions"][name] = found
    with open(args.json, "w", encoding="utf-8") as out:
        json.dump(report, out)


if __name__ == "__main__":
    main()
