"""The tasks of the example `speed` of peakend-stats in Python: same data, same figures.

usage: stats_peers.py FOLDER TASK SIZE LIMIT; prints one line of JSON: seconds on the clock and
of the processor, peak memory in MiB, the figures; or, after LIMIT seconds of the clock, that it
was stopped. SIZE is the number of drivers, groups, units or rows. Reading the data is not timed.
"""

import json
import os
import resource
import sys
import threading
import time
import warnings

import numpy as np


def columns(folder, name, width):
    return np.fromfile(f"{folder}/{name}.f64", dtype="<f8").reshape(width, -1)


def driver_columns(folder, size):
    data = columns(folder, "drivers", 21)
    return data[:size], data[20]


def drivers(folder, size):
    data = np.vstack(driver_columns(folder, size))

    def run():
        correlation = np.corrcoef(data)
        among, outcome = correlation[:size, :size], correlation[:size, size]
        values, vectors = np.linalg.eigh(among)
        root = vectors @ np.diag(np.sqrt(values)) @ vectors.T
        weights = root**2 @ np.linalg.solve(root, outcome) ** 2
        return {"weights": weights.tolist(), "gains": shapley(among, outcome).tolist()}

    return run


def shapley(among, outcome):
    """Exact over all 2^20 subsets, solved in batches of one size."""
    p = len(outcome)
    masks = np.arange(1 << p, dtype=np.int64)
    bits = (masks[:, None] >> np.arange(p)) & 1
    sizes = bits.sum(1)
    explained = np.zeros(1 << p)
    for size in range(1, p + 1):
        chosen = masks[sizes == size]
        places = np.nonzero(bits[sizes == size])[1].reshape(-1, size)
        for at in range(0, len(chosen), 20_000):
            part = places[at : at + 20_000]
            r = outcome[part]
            inner = np.linalg.solve(among[part[:, :, None], part[:, None, :]], r[:, :, None])[:, :, 0]
            explained[chosen[at : at + 20_000]] = (inner * r).sum(1)
    weight = np.ones(p)
    weight[0] = 1 / p
    for size in range(1, p):
        weight[size] = weight[size - 1] * size / (p - size)
    gains = np.zeros(p)
    for j in range(p):
        without = masks[bits[:, j] == 0]
        gains[j] = (weight[sizes[without]] * (explained[without | (1 << j)] - explained[without])).sum()
    return gains


def relative_importance(folder, size):
    import pandas as pd
    from relativeImp import relativeImp

    data, outcome = driver_columns(folder, size)
    names = [f"d{i}" for i in range(size)]
    frame = pd.DataFrame(data.T, columns=names).assign(outcome=outcome)

    def run():
        return {"weights": relativeImp(frame, "outcome", names)["rawRelaImpt"].tolist()}

    return run


def pingouin(folder, size):
    import pandas as pd
    import pingouin as pg

    data, outcome = driver_columns(folder, size)
    frame = pd.DataFrame(data.T, columns=[f"d{i}" for i in range(size)])

    def run():
        return {"gains": pg.linear_regression(frame, outcome, relimp=True)["relimp"][1:].tolist()}

    return run


def bootstrap(folder, size):
    from scipy import stats

    groups = columns(folder, "answers", 50)[:size]

    def run():
        limits = []
        for answers in groups:
            found = stats.bootstrap(
                (answers,), np.mean, n_resamples=10_000, method="percentile", batch=500,
                random_state=np.random.default_rng(1),
            )
            limits.append([found.confidence_interval.low, found.confidence_interval.high])
        return {"limits": limits}

    return run


def arch(folder, size):
    from arch.bootstrap import IIDBootstrap

    groups = columns(folder, "answers", 50)[:size]

    def run():
        limits = []
        for answers in groups:
            drawn = IIDBootstrap(answers, seed=np.random.default_rng(1))
            limits.append(drawn.conf_int(np.mean, 10_000, method="percentile").ravel().tolist())
        return {"limits": limits}

    return run


def multinomial(folder, size):
    """The same law with counts drawn instead of rows: the quickest way in numpy."""
    groups = columns(folder, "answers", 50)[:size]

    def run():
        rng = np.random.default_rng(1)
        limits = []
        for answers in groups:
            n = len(answers)
            shares = [(answers == x).mean() for x in (100, 0, -100)]
            drawn = rng.multinomial(n, shares, 10_000)
            limits.append(np.percentile(100 * (drawn[:, 0] - drawn[:, 2]) / n, [2.5, 97.5]).tolist())
        return {"limits": limits}

    return run


def rollout(folder, size):
    import pandas as pd

    unit, period, first, outcome = columns(folder, "rollout", 4)
    frame = pd.DataFrame(
        {"unit": unit.astype(int), "period": period.astype(int), "first": first.astype(int), "y": outcome}
    )
    return frame[frame.unit < size].copy()


def diff_diff(folder, size):
    from diff_diff import CallawaySantAnna

    frame = rollout(folder, size)

    def run():
        model = CallawaySantAnna(control_group="never_treated", estimation_method="reg")
        found = model.fit(frame, outcome="y", unit="unit", time="period", first_treat="first")
        return {"effect": float(found.overall_att), "error": float(found.overall_se)}

    return run


def csdid(folder, size):
    from csdid.att_gt import ATTgt

    frame = rollout(folder, size)

    def run():
        import contextlib
        import io

        with contextlib.redirect_stdout(io.StringIO()):
            att = ATTgt(
                yname="y", gname="first", idname="unit", tname="period", xformla="y~1", data=frame,
                control_group=["nevertreated"], allow_unbalanced_panel=False,
            ).fit(est_method="dr", base_period="varying", bstrap=False)
            simple = att.aggte(typec="simple", bstrap=False, cband=False).atte
        return {"effect": float(simple["overall_att"]), "error": float(np.ravel(simple["overall_se"])[0])}

    return run


def spells(folder, size):
    data = columns(folder, "spells", 7)[:, :size]
    return data[0], data[1] > 0, np.ascontiguousarray(data[2:].T)


def lifelines(folder, size):
    import pandas as pd
    from lifelines import CoxPHFitter

    months, left, covariates = spells(folder, size)
    frame = pd.DataFrame(covariates, columns=list("abcde")).assign(months=months, left=left)

    def run():
        fit = CoxPHFitter().fit(frame, "months", "left")
        return {"coefficients": fit.params_.tolist(), "errors": fit.standard_errors_.tolist()}

    return run


def statsmodels(folder, size):
    from statsmodels.duration.hazard_regression import PHReg

    months, left, covariates = spells(folder, size)

    def run():
        fit = PHReg(months, covariates, status=left, ties="efron").fit(disp=0)
        return {"coefficients": fit.params.tolist(), "errors": fit.bse.tolist()}

    return run


def sksurv(folder, size):
    from sksurv.linear_model import CoxPHSurvivalAnalysis
    from sksurv.util import Surv

    months, left, covariates = spells(folder, size)
    outcome = Surv.from_arrays(left, months)

    def run():
        return {"coefficients": CoxPHSurvivalAnalysis(ties="efron").fit(covariates, outcome).coef_.tolist()}

    return run


def stop(limit):
    print(json.dumps({"stopped": limit}), flush=True)
    os._exit(0)


def main():
    folder, task, size, limit = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    warnings.simplefilter("ignore")
    run = globals()[task](folder, size)
    watch = threading.Timer(limit, stop, [limit])
    watch.daemon = True
    watch.start()
    begun, busy = time.perf_counter(), time.process_time()
    figures = run()
    seconds, processor = time.perf_counter() - begun, time.process_time() - busy
    watch.cancel()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "processor": processor, "peak_mib": peak, "figures": figures}))


main()
