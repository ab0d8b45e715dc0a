"""The tasks of the example `speed` of peakend-stats in Python: same data, same figures.

usage: beside.py FOLDER TASK [UNITS]; prints one line of JSON: seconds on the clock and of
the processor, peak memory in MiB, the figures. Reading the data is not timed.
"""

import json
import resource
import sys
import time

import numpy as np


def columns(folder, name, width):
    return np.fromfile(f"{folder}/{name}.f64", dtype="<f8").reshape(width, -1)


def drivers(folder):
    data = columns(folder, "drivers", 21)

    def run():
        correlation = np.corrcoef(data)
        among, outcome = correlation[:20, :20], correlation[:20, 20]
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


def bootstrap(folder):
    from scipy import stats

    groups = columns(folder, "answers", 50)

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


def multinomial(folder):
    """The same law with counts drawn instead of rows: the quickest way in numpy."""
    groups = columns(folder, "answers", 50)

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


def staggered(folder):
    import pandas as pd
    from csdid.att_gt import ATTgt

    unit, period, first, outcome = columns(folder, "rollout", 4)
    frame = pd.DataFrame(
        {"unit": unit.astype(int), "period": period.astype(int), "first": first.astype(int), "y": outcome}
    )
    if len(sys.argv) > 3:
        frame = frame[frame.unit < int(sys.argv[3])]

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


def cox(folder):
    import pandas as pd
    from lifelines import CoxPHFitter

    data = columns(folder, "spells", 7)
    names = ["months", "left", "a", "b", "c", "d", "e"]
    frame = pd.DataFrame(dict(zip(names, data)))

    def run():
        fit = CoxPHFitter().fit(frame, "months", "left")
        return {"coefficients": fit.params_.tolist(), "errors": fit.standard_errors_.tolist()}

    return run


def main():
    run = globals()[sys.argv[2]](sys.argv[1])
    begun, busy = time.perf_counter(), time.process_time()
    figures = run()
    seconds, processor = time.perf_counter() - begun, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "processor": processor, "peak_mib": peak, "figures": figures}))


main()
