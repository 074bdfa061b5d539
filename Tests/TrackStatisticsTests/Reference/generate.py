"""Writes reference.json, against which the tests hold the statistics.

    pip install mpmath==1.3.0 scipy==1.17.1 statsmodels==0.15.0
    python generate.py

Tails come from mpmath with 60 digits, because SciPy itself loses digits far out and underflows when t * t overflows; up to there SciPy is held against them here. The paired
ratio comes from statsmodels: weighted least squares of D/T on a constant, covariance clustered by document.
"""

from __future__ import annotations

import json
import platform
from pathlib import Path

import mpmath
import numpy as np
import scipy
import statsmodels
import statsmodels.api as sm
from scipy import stats

mpmath.mp.dps = 60


def t_survival(t: float, df: float) -> float:
    if np.isinf(df):
        return 0.0 if t > 100 else float(mpmath.erfc(mpmath.mpf(t) / mpmath.sqrt(2)) / 2)
    a = mpmath.mpf(df) / 2
    if df > 10_000:  # Here the hypergeometric series is too slow, and the tail falls like a normal one: integrate the density.
        # Relative to the density at t, since mpmath stops at an absolute error.
        scale = 1 / mpmath.mpf(max(t, 1))
        start = 1 + mpmath.mpf(t) ** 2 / df
        body = mpmath.quad(lambda u: ((1 + (t + u) ** 2 / df) / start) ** (-a - 0.5), [4 * k * scale for k in range(20)])
        return float(body * start ** (-a - 0.5) * mpmath.gammaprod([a + 0.5], [a]) / mpmath.sqrt(mpmath.pi * df))
    x = 1 / (1 + mpmath.mpf(t) ** 2 / df)
    return float(mpmath.betainc(a, mpmath.mpf("0.5"), 0, x, regularized=True) / 2)


def tails() -> list[dict[str, float | str]]:
    rows: list[dict[str, float | str]] = []
    for df in [0.1, 0.5, 1, 1.5, 2, 3.7, 10, 29.3, 79, 400, 5_000.5, 1e5, 1e7, np.inf]:
        for t in [1e-12, 1e-3, 0.3, 0.9, 1.2, 1.3, 1.5, 1.7, 1.75, 2, 3, 5, 8, 12, 20, 37, 200, 1e6, 1e40, 1e200]:
            p = t_survival(t, df)
            if p < 1e-307:
                continue
            near = stats.t.sf(t, df)
            assert t > 1e150 or abs(near - p) <= 1e-10 * p, (t, df, p, near)
            rows.append({"df": "inf" if np.isinf(df) else df, "t": t, "survival": p})
    return rows


def quantiles() -> list[dict[str, float | str]]:
    rows: list[dict[str, float | str]] = []
    for df in [0.5, 1, 2.5, 7, 29.3, 400, 1e5, np.inf]:
        for p in [1e-300, 1e-60, 1e-12, 1e-4, 0.025, 0.05, 0.2, 0.4, 0.49, 0.499999]:
            guess = float(stats.t.isf(max(p, 1e-100), df))
            if not np.isfinite(guess):
                continue
            if p >= 1e-12:
                rows.append({"df": "inf" if np.isinf(df) else df, "p": p, "t": guess})
            elif np.isinf(df):
                root = mpmath.findroot(lambda t, p=p: mpmath.log(mpmath.erfc(t / mpmath.sqrt(2)) / 2) - mpmath.log(p), 20)
                rows.append({"df": "inf", "p": p, "t": float(root)})
    return rows


def paired() -> list[dict[str, object]]:
    rng = np.random.default_rng(20_260_801)
    cases: list[dict[str, object]] = []
    for documents, sigma, scale in [(3, 0.2, 0.03), (20, 1.0, 0.03), (80, 1.0, 0.005), (400, 1.4, 0.03), (1000, 1.0, 1e-6)]:
        tokens = np.maximum(1, np.round(np.exp(rng.normal(6, sigma, documents))))
        differences = tokens * rng.normal(0.01, scale, documents) + rng.normal(0, 0.5 * scale, documents) * np.sqrt(tokens)
        fit = sm.WLS(differences / tokens, np.ones(documents), weights=tokens).fit(
            cov_type="cluster", cov_kwds={"groups": np.arange(documents), "use_correction": True}
        )
        effective = tokens.sum() ** 2 / (tokens**2).sum()
        df = min(documents, effective) - 1
        theta, error = float(fit.params[0]), float(fit.bse[0])
        margin = float(np.log(1.005))
        lower, upper = stats.t.interval(0.9, df, theta, error)
        cases.append(
            {
                "differences": differences.tolist(),
                "weights": tokens.tolist(),
                "theta": theta,
                "standardError": error,
                "degreesOfFreedom": df,
                "margin": margin,
                "pAbove": float(stats.t.sf((theta - margin) / error, df)),
                "pBelow": float(stats.t.cdf((theta + margin) / error, df)),
                "lower90": float(lower),
                "upper90": float(upper),
            }
        )
    return cases


def false_discovery() -> list[dict[str, list[float]]]:
    rng = np.random.default_rng(7)
    families = [
        rng.uniform(size=40) ** 4,
        np.array([0.01, 0.01, 0.04, 0.04, 0.04, 1.0]),
        np.array([0.3]),
        np.array([0.0, 1e-300, 1.0, 1.0]),
        np.linspace(0.001, 0.05, 50),
    ]
    return [{"p": family.tolist(), "adjusted": stats.false_discovery_control(family).tolist()} for family in families]


def trends() -> list[dict[str, object]]:
    rng = np.random.default_rng(11)
    cases: list[dict[str, object]] = []
    for points in [3, 8, 40]:
        x = np.sort(rng.uniform(1e8, 1e9, points))
        y = 0.02 + 3e-11 * x + rng.normal(0, 1e-3, points)
        fit = stats.linregress(x, y)
        cases.append(
            {
                "x": x.tolist(),
                "y": y.tolist(),
                "slope": fit.slope,
                "intercept": fit.intercept,
                "slopeError": fit.stderr,
                "p": fit.pvalue,
            }
        )
    return cases


def welch() -> dict[str, float | list[float]]:
    """The difference of two plain means: what the gap is when every weight is 1."""
    rng = np.random.default_rng(13)
    first, second = rng.normal(0.02, 0.03, 25), rng.normal(-0.05, 0.01, 9)
    result = stats.ttest_ind(first, second, equal_var=False, alternative="greater")
    interval = result.confidence_interval(0.95)
    return {
        "first": first.tolist(),
        "second": second.tolist(),
        "degreesOfFreedom": float(result.df),
        "p": float(result.pvalue),
        "lowerOneSided95": float(interval.low),
    }


def main() -> None:
    content = {
        "made": {
            "python": platform.python_version(),
            "mpmath": mpmath.__version__,
            "scipy": scipy.__version__,
            "statsmodels": statsmodels.__version__,
            "numpy": np.__version__,
        },
        "tails": tails(),
        "quantiles": quantiles(),
        "paired": paired(),
        "falseDiscovery": false_discovery(),
        "trends": trends(),
        "welch": welch(),
    }
    Path(__file__).with_name("reference.json").write_text(json.dumps(content, allow_nan=False) + "\n")


if __name__ == "__main__":
    main()
