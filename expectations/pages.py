"""Data Docs for data-quality leads: index, results and suites, worst first.

Great Expectations' site builder asks these classes for the content of a page and its
HTML (great_expectations.yml). The pages hold counts only, and fetch nothing.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from great_expectations.render.renderer.site_builder import DefaultSiteIndexBuilder

from expectations.gap_results import BEYOND, NOTHING, TOO_FEW, WITHIN, counts
from expectations.suites import SEVERITY_IN_GX
from linkage.base.page_templates import page_templates
from linkage.base.percentages import exact_percent, percent

TEMPLATES = Path(__file__).parent / "page_templates"
# What a severity means to a lead.
CONSEQUENCE = {
    "must hold": "blocks publication",
    "should hold": "to correct",
    "watch": "watch",
}
VERDICTS = (BEYOND, TOO_FEW, WITHIN, NOTHING)
SEVERITIES = tuple(SEVERITY_IN_GX)


def render(template: str, **content: Any) -> str:
    """A page from its template, with everything escaped."""
    environment = page_templates(TEMPLATES)
    return environment.get_template(f"{template}.html.j2").render(**content)


class PageView:
    """Turns the content of a page into HTML."""

    def __init__(self, **_: Any) -> None:
        """Styles and views of Great Expectations' own are not used."""

    def render(self, content: dict[str, Any], **_: Any) -> str:
        """HTML of a page."""
        return render(**content)


class ResultContent:
    """Content of a validation's page."""

    def __init__(self, **_: Any) -> None:
        """The data context is not needed."""

    def render(self, validation: Any) -> dict[str, Any]:
        """Every expectation with its counts and verdict, the worst first."""
        judged = sorted(map(_judged, validation.results), key=_gravity)
        run = validation.meta["run_id"]
        checked = datetime.fromisoformat(run["run_time"])
        return {
            "template": "result",
            "up": "../../../../",
            "suite": validation.suite_name,
            "run_name": run["run_name"],
            "run_time": f"{checked:%d %B %Y, %H:%M} UTC",
            "judged": judged,
            "beyond": sum(one["verdict"] == BEYOND for one in judged),
        }


class SuiteContent:
    """Content of a suite's page: what is expected."""

    def __init__(self, **_: Any) -> None:
        """The data context is not needed."""

    def render(self, suite: Any) -> dict[str, Any]:
        """Every expectation in words, and as Great Expectations holds it."""
        return {
            "template": "suite",
            "up": "../",
            "suite": suite.name,
            "description": suite.notes,
            "expectations": [
                {
                    **_meta(one.meta),
                    "sentence": one.description,
                    "kind": one.expectation_type,
                }
                for one in suite.expectations
            ],
        }


class IndexBuilder(DefaultSiteIndexBuilder):  # type: ignore[misc]
    """Writes the index: suites by name, their latest results first."""

    def build(
        self, skip_and_clean_missing: bool = True, build_index: bool = True
    ) -> tuple[Any, Any]:
        """Write the index of the pages in the site; their address and none of links."""
        if not build_index:
            return None, None
        keys = self._build_validation_and_profiling_result_site_keys(
            skip_and_clean_missing
        )
        runs: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for key in sorted(keys, key=lambda one: one.run_id.run_time, reverse=True):
            suite = key.expectation_suite_identifier.name
            runs[suite].append(self._run(key))
        newest = {
            suite: max(one["time"] for one in listed) for suite, listed in runs.items()
        }
        page = render(
            "index",
            up="",
            suites=[
                {"name": suite, "page": quote(f"expectations/{suite}.html"), "runs": of}
                for suite, of in sorted(
                    runs.items(), key=lambda one: (-one[1][0]["gravity"], one[0])
                )
            ],
            newest=max(newest.values(), default=None),
        )
        return self.target_store.write_index_page(page), None

    def _run(self, key: Any) -> dict[str, Any]:
        validation = self.data_context.validation_results_store.get(key)
        judged = [_judged(one) for one in validation.results]
        beyond = [one for one in judged if one["verdict"] == BEYOND]
        return {
            "name": key.run_id.run_name,
            "time": key.run_id.run_time,
            "page": quote("validations/" + "/".join(key.to_tuple()) + ".html"),
            "judged": len(judged),
            "beyond": {
                severity: sum(one["severity"] == severity for one in beyond)
                for severity in SEVERITIES
            },
            "gravity": sum(
                100 ** (len(SEVERITIES) - SEVERITIES.index(one["severity"]))
                for one in beyond
            ),
        }


def _meta(meta: dict[str, Any]) -> dict[str, Any]:
    published = meta["published_share"]
    return {
        "gap": meta["gap"],
        "severity": meta["severity"],
        "consequence": CONSEQUENCE[meta["severity"]],
        "owner": meta["owner"],
        "tolerance": exact_percent(meta["tolerance"]),
        "published": "" if published is None else exact_percent(published),
        "is_listed": meta["listed"],
    }


def _judged(one: Any) -> dict[str, Any]:
    """A result of Great Expectations in the words of a lead."""
    meta = one.expectation_config.meta
    checked, affected = counts(one.result) if one.result else (0, 0)
    share = affected / checked if checked else None
    if share is None:
        verdict = NOTHING
    elif not one.success:
        verdict = BEYOND
    else:
        verdict = WITHIN if share <= meta["tolerance"] else TOO_FEW
    return {
        **_meta(meta),
        "sentence": one.expectation_config.description,
        "verdict": verdict,
        "affected": f"{affected:,}",
        "checked": f"{checked:,}",
        "share": percent(share),
        "nearness": nearness(share, meta["tolerance"]),
    }


def _gravity(one: dict[str, Any]) -> tuple[int, int, float]:
    """Sorts the worst first: by verdict, severity and share in tolerances."""
    return (
        VERDICTS.index(one["verdict"]),
        SEVERITIES.index(one["severity"]),
        -one["nearness"],
    )


def nearness(share: float | None, tolerance: float) -> float:
    """Share in tolerances: over 1 it is higher than tolerated."""
    return (share or 0.0) / max(tolerance, 1e-6)
