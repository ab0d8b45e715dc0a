"""The questions on Polars: lazy scans, streaming engine."""

import datetime

import polars as pl
from polars import col as c

NOW, BEFORE, END = datetime.date(2026, 8, 3), datetime.date(2026, 5, 5), datetime.date(2026, 11, 1)
SPRING, SUMMER, AUTUMN = (datetime.date(2026, month, 1) for month in (4, 7, 10))
# stands for "not answered" in a code of four bits: one integer key is faster than several
NONE = 15
SCORES = {"nps", "csat", "ces"}


class Engine:
    """Scans of the files."""

    version = pl.__version__

    def __init__(self, folder, threads):
        if pl.thread_pool_size() != threads:
            raise ValueError(f"the library was loaded with {pl.thread_pool_size()} threads, {threads} are wanted")
        self._folder = folder

    def _scan(self, table):
        return pl.scan_parquet(f"{self._folder}/{table}-*.parquet")

    def rows(self):
        """Responses in the files."""
        return self._scan("responses").select(pl.len()).collect(engine="streaming").item()

    def ask(self, name):
        """The rows of an answer."""
        return QUESTIONS[name](self._scan).collect(engine="streaming").rows()


def _sum(condition, name):
    return c.n.filter(condition).sum().alias(name)


def _bands():
    return pl.len().alias("n"), (c.nps >= 9).sum().alias("p"), (c.nps <= 6).sum().alias("d")


def _q1(scan):
    days = scan("responses").filter((c.business_line == 3) & c.nps.is_not_null()).group_by("day").agg(_bands())
    months = days.group_by((c.day.dt.year() * 100 + c.day.dt.month()).alias("month"))
    return months.agg(c.n.sum(), c.p.sum(), (c.n - c.p - c.d).sum().alias("passive"), c.d.sum())


def _q2(scan):
    rows = scan("responses").filter((c.day >= BEFORE) & (c.day < END) & c.nps.is_not_null())
    code = c.business_line.cast(pl.UInt32) * 512 + c.channel.cast(pl.UInt32) * 32 + c.nps * 2 + (c.day >= NOW)
    counts = rows.select(code.alias("k")).group_by("k").agg(pl.len().alias("n"))
    parts = counts.select(
        "n", (c.k // 512).alias("line"), (c.k // 32 % 16).alias("channel"), (c.k // 2 % 16).alias("nps"), w=c.k % 2 == 1
    )
    windows = [("now", c.w), ("before", ~c.w)]
    bands = [("n", True), ("p", c.nps >= 9), ("d", c.nps <= 6)]
    return parts.group_by("line", "channel").agg(_sum(w & band, a + b) for a, w in windows for b, band in bands)


def _q3(scan):
    n = c.n
    return _histogram(scan, "touchpoint", "nps", "csat").group_by("touchpoint").agg(
        n.sum().alias("rows"),
        _sum(c.nps.is_not_null(), "nps_n"),
        _sum(c.nps >= 9, "p"),
        _sum(c.nps <= 6, "d"),
        (n * c.nps).sum().alias("s"),
        (n * c.nps * c.nps).sum().alias("ss"),
        _sum(c.csat.is_not_null(), "csat_n"),
        (n * c.csat).sum().alias("t"),
        (n * c.csat * c.csat).sum().alias("tt"),
    )


def _histogram(scan, *columns):
    """Counts by all columns, by way of one integer key."""
    key = None
    for name in columns:
        code = pl.col(name).cast(pl.UInt32)
        part = code.fill_null(NONE) if name in SCORES else code
        key = part if key is None else key * 16 + part
    counts = scan("responses").select(key.alias("k")).group_by("k").agg(pl.len().alias("n"))
    parts, divisor = [], 1
    for name in reversed(columns):
        part = (c.k // divisor).cast(pl.Int64)
        if name in SCORES:
            part = part % 16
            part = pl.when(part < NONE).then(part)
        parts.append(part.alias(name))
        divisor *= 16
    return counts.select(c.n.cast(pl.Int64), *parts)


def _q4(scan):
    wanted = c.region.is_in([1, 3, 5, 8, 13]) & c.segment.is_in([1, 2]) & (c.channel == 1) & (c.sentiment < -20)
    n, p, d = _bands()
    days = scan("responses").filter(wanted).group_by("day").agg(n, c.nps.count().alias("nps_n"), p, d)
    return days.group_by(c.day.dt.truncate("1w").cast(pl.Int32).alias("w")).agg(pl.col("n", "nps_n", "p", "d").sum())


def _q5(scan):
    tone = (c.sentiment >= -20).cast(pl.UInt32) + (c.sentiment > 20).cast(pl.UInt32)
    code = (c.topic1.cast(pl.UInt32) * 4 + tone) * 16 + c.nps.cast(pl.UInt32).fill_null(NONE)
    told = c.topic1.is_not_null() & c.sentiment.is_not_null()
    counts = scan("responses").select(pl.when(told).then(code).alias("k")).group_by("k").agg(pl.len().alias("n"))
    parts = counts.drop_nulls("k").select(
        "n", (c.k // 64).alias("topic"), (c.k // 16 % 4).alias("tone"), (c.k % 16).alias("nps")
    )
    return parts.group_by("topic", "tone").agg(
        c.n.sum(),
        _sum(c.nps < NONE, "nps_n"),
        _sum((c.nps >= 9) & (c.nps < NONE), "p"),
        _sum(c.nps <= 6, "d"),
    )


def _q6(scan):
    def states(name, start, end):
        rows = scan("responses").filter((c.day >= start) & (c.day < end) & c.nps.is_not_null())
        # the largest number of day and distance from 15 is the last day's lowest answer
        return rows.select("customer_id", (c.day.cast(pl.Int32) * 16 + 15 - c.nps.cast(pl.Int32)).alias(name)).group_by("customer_id").agg(
            pl.col(name).max()
        )

    def band(name):
        score = 15 - pl.col(name) % 16
        return ((score >= 7).cast(pl.UInt8) + (score >= 9).cast(pl.UInt8)).alias(name)

    both = states("a", SPRING, SUMMER).join(states("b", SUMMER, AUTUMN), on="customer_id")
    return both.group_by(band("a"), band("b")).agg(pl.len())


def _q7(scan):
    units = scan("responses").group_by("org_unit").agg(
        c.nps.count().alias("n"),
        (c.nps >= 9).sum().alias("p"),
        (c.nps <= 6).sum().alias("d"),
        c.csat.count().alias("csat_n"),
        c.csat.cast(pl.UInt32).sum().alias("s"),
    )
    return units.filter(c.n >= 10)


def _q8(scan):
    moments = []
    for a, b in (("nps", "csat"), ("nps", "ces"), ("csat", "ces")):
        x, y = pl.col(a), pl.col(b)
        both = x.is_not_null() & y.is_not_null()
        products = [c.n, c.n * x, c.n * y, c.n * x * x, c.n * y * y, c.n * x * y]
        moments += [what.filter(both).sum().alias(f"{a}{b}{i}") for i, what in enumerate(products)]
    return _histogram(scan, "touchpoint", "nps", "csat", "ces").group_by("touchpoint").agg(moments)


def _q9(scan):
    unhappy = scan("responses").filter((c.nps <= 6) & (c.day >= NOW) & (c.day < END))
    unhappy = unhappy.group_by("customer_id").agg(pl.len().alias("n"))
    people = scan("customers").select("customer_id", "aum_cents", "region").join(unhappy, on="customer_id")
    largest = people.top_k(20, by=[c.aum_cents, c.customer_id], reverse=[False, True])
    return largest.sort(["aum_cents", "customer_id"], descending=[True, False])


QUESTIONS = {"Q1": _q1, "Q2": _q2, "Q3": _q3, "Q4": _q4, "Q5": _q5, "Q6": _q6, "Q7": _q7, "Q8": _q8, "Q9": _q9}
