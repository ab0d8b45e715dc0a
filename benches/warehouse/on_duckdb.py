"""The questions on DuckDB."""

import duckdb

NOW, BEFORE, END = "DATE '2026-08-03'", "DATE '2026-05-05'", "DATE '2026-11-01'"
SPRING, SUMMER, AUTUMN = "DATE '2026-04-01'", "DATE '2026-07-01'", "DATE '2026-10-01'"


def _band(score):
    return f"case when {score} <= 6 then 0 when {score} <= 8 then 1 else 2 end"


def _latest(start, end):
    # the largest number of day and distance from 15 is the last day's lowest answer
    return f"""select customer_id, 15 - max((day - date '1970-01-01') * 16 + 15 - nps) % 16 s from responses
        where day >= {start} and day < {end} and nps is not null group by 1"""


def _moments(a, b):
    return f"""sum(n) filter ({a} is not null and {b} is not null),
        sum(n * {a}) filter ({b} is not null), sum(n * {b}) filter ({a} is not null),
        sum(n * {a} * {a}) filter ({b} is not null), sum(n * {b} * {b}) filter ({a} is not null),
        sum(n * {a} * {b})"""


def _windows():
    for window in ("w", "not w"):
        for band in ("", " and nps >= 9", " and nps <= 6"):
            yield f"coalesce(sum(n) filter ({window}{band}), 0)"


QUESTIONS = {
    "Q1": """select year(day) * 100 + month(day) m, sum(n), sum(p), sum(n - p - d), sum(d) from (
        select day, count(*) n, countif(nps >= 9) p, countif(nps <= 6) d from responses
        where business_line = 3 and nps is not null group by day) group by m""",
    "Q2": f"""select business_line, channel, {", ".join(_windows())} from (
        select business_line, channel, nps, day >= {NOW} w, count(*) n from responses
        where day >= {BEFORE} and day < {END} and nps is not null group by all) group by 1, 2""",
    "Q3": """select touchpoint, sum(n), sum(n) filter (nps is not null),
        sum(n) filter (nps >= 9), sum(n) filter (nps <= 6), sum(n * nps), sum(n * nps * nps),
        sum(n) filter (csat is not null), sum(n * csat), sum(n * csat * csat) from (
        select touchpoint, nps, csat, count(*) n from responses group by all) group by 1""",
    "Q4": """select datediff('day', DATE '1970-01-01', date_trunc('week', day)) w, count(*), count(nps),
        countif(nps >= 9), countif(nps <= 6) from responses
        where region in (1, 3, 5, 8, 13) and segment in (1, 2) and channel = 1 and sentiment < -20 group by 1""",
    "Q5": """select topic1, t, sum(n), coalesce(sum(n) filter (nps is not null), 0),
        coalesce(sum(n) filter (nps >= 9), 0), coalesce(sum(n) filter (nps <= 6), 0) from (
        select topic1, nps, (case when sentiment < -20 then 0 when sentiment <= 20 then 1 else 2 end)::utinyint t,
            count(*) n from responses where topic1 is not null and sentiment is not null group by all) group by 1, 2""",
    "Q6": f"""with a as ({_latest(SPRING, SUMMER)}), b as ({_latest(SUMMER, AUTUMN)})
        select {_band("a.s")} f, {_band("b.s")} t, count(*) from a join b using (customer_id) group by 1, 2""",
    "Q7": """select org_unit, count(nps) n, sum((nps >= 9)::int), sum((nps <= 6)::int), count(csat),
        coalesce(sum(csat::int), 0) from responses group by 1 having n >= 10""",
    "Q8": f"""select touchpoint, {_moments("nps", "csat")}, {_moments("nps", "ces")}, {_moments("csat", "ces")} from (
        select touchpoint, nps, csat, ces, count(*) n from responses group by all) group by 1""",
    "Q9": f"""with d as (select customer_id, count(*) n from responses
            where nps <= 6 and day >= {NOW} and day < {END} group by 1)
        select customer_id, aum_cents, c.region, n from d join customers c using (customer_id)
        order by aum_cents desc, customer_id limit 20""",
}


class Engine:
    """An embedded database with the files as views."""

    def __init__(self, folder, threads):
        self.version = duckdb.__version__
        self._connection = duckdb.connect()
        # groups need no order of rows
        self._connection.execute(f"SET threads = {threads}; SET preserve_insertion_order = false")
        for table in ("responses", "customers"):
            self._connection.execute(
                f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{folder}/{table}-*.parquet')"
            )

    def rows(self):
        """Responses in the files."""
        return self._connection.execute("select count(*) from responses").fetchone()[0]

    def ask(self, name):
        """The rows of an answer."""
        return self._connection.execute(QUESTIONS[name]).fetchall()
