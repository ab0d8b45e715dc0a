"""The questions on chDB, ClickHouse in a library."""

import importlib.metadata

import chdb

NOW, BEFORE, END = "'2026-08-03'", "'2026-05-05'", "'2026-11-01'"
SPRING, SUMMER, AUTUMN = "'2026-04-01'", "'2026-07-01'", "'2026-10-01'"
# stands for "not answered" in a code of four bits: a nullable key is slower
NONE = 15
CODES = ", ".join(f"ifNull({score}, {NONE}) {score}" for score in ("nps", "csat", "ces"))


def _band(score):
    return f"multiIf({score} <= 6, 0, {score} <= 8, 1, 2)"


def _latest(start, end):
    # the largest number of day and distance from 15 is the last day's lowest answer
    return f"""(select customer_id, max(toInt32(day) * 16 + 15 - assumeNotNull(nps)) s from {{responses}}
        where day >= {start} and day < {end} and nps is not null group by customer_id)"""


def _moments(a, b):
    both = f"{a} < {NONE} and {b} < {NONE}"
    return ", ".join(f"sumIf(n{by}, {both})" for by in ("", f"*{a}", f"*{b}", f"*{a}*{a}", f"*{b}*{b}", f"*{a}*{b}"))


def _windows():
    for window in (f"day >= {NOW}", f"day < {NOW}"):
        for band in ("", " and nps >= 9", " and nps <= 6"):
            yield f"countIf({window}{band})"


QUESTIONS = {
    "Q1": """select toYYYYMM(d) m, sum(n), sum(p), sum(n - p - x), sum(x) from (
        select day d, count() n, countIf(nps >= 9) p, countIf(nps <= 6) x from {responses}
        where business_line = 3 and nps is not null group by d) group by m""",
    "Q2": f"""select business_line, channel, {", ".join(_windows())} from {{responses}}
        where day >= {BEFORE} and day < {END} and nps is not null group by 1, 2""",
    "Q3": """select touchpoint, sum(n), sumIf(n, nps is not null), sumIf(n, nps >= 9), sumIf(n, nps <= 6),
        sum(n * nps), sum(n * nps * nps), sumIf(n, csat is not null), sum(n * csat), sum(n * csat * csat) from (
        select touchpoint, nps, csat, count() n from {responses} group by all) group by 1""",
    "Q4": """select toInt32(toMonday(day)) w, count(), count(nps), countIf(nps >= 9), countIf(nps <= 6)
        from {responses} where region in (1, 3, 5, 8, 13) and segment in (1, 2) and channel = 1 and sentiment < -20
        group by w""",
    "Q5": """select a, t, count(), count(nps), countIf(nps >= 9), countIf(nps <= 6) from (
        select assumeNotNull(topic1) a, assumeNotNull(sentiment) s, multiIf(s < -20, 0, s <= 20, 1, 2) t, nps
        from {responses} where topic1 is not null and sentiment is not null) group by a, t""",
    "Q6": f"""select {_band("15 - a.s % 16")} f, {_band("15 - b.s % 16")} t, count() from {_latest(SPRING, SUMMER)} a
        join {_latest(SUMMER, AUTUMN)} b using customer_id group by f, t""",
    "Q7": """select org_unit, count(nps) n, countIf(nps >= 9), countIf(nps <= 6), count(csat), ifNull(sum(csat), 0)
        from {responses} group by 1 having n >= 10""",
    "Q8": f"""select touchpoint, {_moments("nps", "csat")}, {_moments("nps", "ces")}, {_moments("csat", "ces")} from (
        select touchpoint, {CODES}, count() n from {{responses}} group by all) group by 1""",
    "Q9": f"""select customer_id, aum_cents, region, n from {{customers}} c join (
            select customer_id, count() n from {{responses}}
            where nps <= 6 and day >= {NOW} and day < {END} group by customer_id) d using customer_id
        order by aum_cents desc, customer_id limit 20""",
}


class Engine:
    """An embedded database that reads the files as they are."""

    def __init__(self, folder, threads):
        self._connection = chdb.connect(":memory:")
        server = self._text("select version()")
        self.version = f"{importlib.metadata.version('chdb')} (ClickHouse {server})"
        self._connection.query(f"SET max_threads = {threads}")
        self._tables = {t: f"file('{folder}/{t}-*.parquet', Parquet)" for t in ("responses", "customers")}

    def _text(self, query):
        return self._connection.query(query, "TSV").bytes().decode().strip()

    def rows(self):
        """Responses in the files."""
        return int(self._text("select count() from {responses}".format(**self._tables)))

    def ask(self, name):
        """The rows of an answer."""
        return [line.split("\t") for line in self._text(QUESTIONS[name].format(**self._tables)).splitlines()]
