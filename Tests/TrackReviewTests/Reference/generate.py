"""Writes reference.json: one whole comparison judged by SciPy and statsmodels, and the calendar of ISO weeks by Python.

    pip install scipy==1.17.1 statsmodels==0.15.0
    python generate.py
"""

from __future__ import annotations

import datetime
import json
import platform
from pathlib import Path

import numpy as np
import scipy
import statsmodels
import statsmodels.api as sm
from scipy import stats

Q = 0.05
MARGIN = float(np.log(1.005))


def judge(seed: int) -> dict[str, object]:
    """Domains of given true change; in-domain ones are named legal/…"""
    rng = np.random.default_rng(seed)
    plan = [
        ("legal/licences", 60, -0.05),
        ("legal/contracts", 35, -0.02),
        ("code/python", 80, 0.06),
        ("code/c", 25, 0.004),
        ("prose/news", 120, 0.0),
        ("prose/letters", 6, 0.03),
        ("web/forum", 40, 0.012),
    ]
    domains: list[dict[str, object]] = []
    for name, documents, change in plan:
        tokens = np.maximum(2, np.round(np.exp(rng.normal(5.5, 0.8, documents))))
        before = tokens * rng.normal(2.8, 0.3, documents)
        after = before + tokens * rng.normal(change, 0.015, documents)
        difference = after - before
        fit = sm.WLS(difference / tokens, np.ones(documents), weights=tokens).fit(
            cov_type="cluster", cov_kwds={"groups": np.arange(documents), "use_correction": True}
        )
        theta, error = float(fit.params[0]), float(fit.bse[0])
        df = min(documents, tokens.sum() ** 2 / (tokens**2).sum()) - 1
        above = float(stats.t.sf((theta - MARGIN) / error, df))
        below = float(stats.t.cdf((theta + MARGIN) / error, df))
        low, high = stats.t.interval(0.95, df, theta, error)
        within = stats.t.interval(0.90, df, theta, error)
        domains.append(
            {
                "name": name,
                "tokens": [int(count) for count in tokens],
                "before": before.tolist(),
                "after": after.tolist(),
                "theta": theta,
                "error": error,
                "df": df,
                "above": above,
                "below": below,
                "p": min(1.0, 2 * min(above, below)),
                "low": float(low),
                "high": float(high),
                "within": bool(within[0] >= -MARGIN and within[1] <= MARGIN),
            }
        )
    adjusted = stats.false_discovery_control([domain["p"] for domain in domains])
    flags = int((adjusted <= Q).sum())
    for domain, value in zip(domains, adjusted, strict=True):
        domain["adjusted"] = float(value)
        if value <= Q:
            domain["verdict"] = "regressed" if domain["above"] < domain["below"] else "improved"
        else:
            domain["verdict"] = "unchanged" if domain["within"] else "undecided"
        level = Q * (flags + (value > Q)) / len(domains)
        reach = stats.t.isf(level / 2, domain["df"]) + stats.t.ppf(0.8, domain["df"])
        domain["minimalDetectable"] = float(MARGIN + reach * domain["error"])

    def mean(side: list[dict[str, object]]) -> tuple[float, float, float]:
        errors = np.array([domain["error"] for domain in side])
        dfs = np.array([domain["df"] for domain in side])
        error = float(np.sqrt((errors**2).sum())) / len(side)
        return float(np.mean([domain["theta"] for domain in side])), error, float((errors**2).sum() ** 2 / (errors**4 / dfs).sum())

    inside = [domain for domain in domains if domain["name"].startswith("legal/")]
    outside = [domain for domain in domains if not domain["name"].startswith("legal/")]
    (theta_i, error_i, df_i), (theta_o, error_o, df_o) = mean(inside), mean(outside)
    p_i = float(stats.t.cdf((theta_i + MARGIN) / error_i, df_i))
    p_o = float(stats.t.sf((theta_o - MARGIN) / error_o, df_o))
    joint = stats.false_discovery_control([max(p_i, domain["above"]) for domain in outside])
    return {
        "domains": domains,
        "inDomain": theta_i,
        "inDomainError": error_i,
        "ood": theta_o,
        "oodError": error_o,
        "gapError": float(np.hypot(error_i, error_o)),
        "gapDf": float((error_i**2 + error_o**2) ** 2 / (error_i**4 / df_i + error_o**4 / df_o)),
        "p": max(p_i, p_o),
        "joint": {domain["name"]: float(value) for domain, value in zip(outside, joint, strict=True)},
    }


def weeks() -> dict[str, int]:
    """Per ISO year the day, counted from 1 January 1970, on which its week 1 begins."""
    return {
        str(year): (datetime.date.fromisocalendar(year, 1, 1) - datetime.date(1970, 1, 1)).days for year in range(1960, 2062)
    }


def main() -> None:
    content = {
        "made": {
            "python": platform.python_version(),
            "scipy": scipy.__version__,
            "statsmodels": statsmodels.__version__,
            "numpy": np.__version__,
        },
        "comparisons": [judge(seed) for seed in (1, 2)],
        "weeks": weeks(),
    }
    Path(__file__).with_name("reference.json").write_text(json.dumps(content, allow_nan=False) + "\n")


if __name__ == "__main__":
    main()
