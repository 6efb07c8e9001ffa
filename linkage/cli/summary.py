"""Summary printed at the end of a run, read from the published warehouse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import duckdb
from rich import box
from rich.console import Console
from rich.table import Table

from linkage.base.percentages import exact_percent, percent
from linkage.base.progress import StepTime
from linkage.base.settings import RunSettings
from linkage.publication.delivery_changes import latest_built, latest_changes
from linkage.publication.kept import kept_publications
from linkage.publication.publications import SIMULATED, has_table, is_simulated
from linkage.publication.publish import open_published

if TYPE_CHECKING:
    from expectations.record_audit import Score
    from linkage.publication.diff import Change, PublicationDiff

SHOWN_GAPS = 20
VERDICT_SIGNS = {"beyond tolerance": "✗ beyond", "too few to tell": "? too few"}
SHOWN_CHANGES = 25
SHOWN_FORCES = 3


def print_summary(
    console: Console,
    settings: RunSettings,
    times: Sequence[StepTime],
    problems: Sequence[str] = (),
) -> None:
    """Funnel, withdrawal by crime area, gaps, driver models, times, files.

    `problems`: a line on each part of the run that failed while the others went on.
    """
    with open_published(settings) as connection:
        if is_simulated(connection):
            console.print(SIMULATED, style="bold yellow")
        console.print(
            latest_changes(connection).in_words().capitalize(), soft_wrap=True
        )
        console.print(f"Built: {latest_built(connection)}", soft_wrap=True)
        if has_table(connection, "marts.force_outcomes"):
            rejections = "quality.national_rejected_rows"
            console.print(_national_inputs(connection))
            console.print(_force_rates(connection))
        elif has_table(connection, "marts.violent_crimes"):
            rejections = "quality.violent_crime_rejected_rows"
            console.print(_violent_crime_flow(connection))
            console.print(_violent_crime_outcomes(connection))
        else:
            rejections = "quality.rejected_rows"
            console.print(_funnel(connection))
            console.print(_withdrawal(connection))
        console.print(_gaps(connection))
        if has_table(connection, "drivers.penalised_models"):
            console.print(_penalised(connection))
        if has_table(connection, "drivers.models"):
            for table in _drivers(connection):
                console.print(table)
            console.print(_not_fitted(connection), soft_wrap=True, markup=False)
        rejected = _one(connection, f"select count(*) from {rejections}")
        exceptions = _one(
            connection, "select count(distinct crime_ref) from quality.exceptions"
        )
    console.print(
        f"Rejected rows: {rejected:,} ({rejections}). "
        f"Reports to correct: {exceptions:,} (quality.exceptions)."
    )
    if problems:
        failed = "part" if len(problems) == 1 else "parts"
        console.print(
            f"Published, but {len(problems)} {failed} of the run failed:", style="red"
        )
        for problem in problems:
            console.print(f"  {problem}", soft_wrap=True, markup=False)
    total = sum(step.seconds for step in times)
    console.print(
        "Time: "
        + ", ".join(f"{step.step.lower()} {step.seconds:.1f} s" for step in times)
        + f"; {total:.1f} s in all."
    )
    console.print(f"Warehouse: {settings.warehouse}", soft_wrap=True)
    console.print(f"Data Docs: {settings.data_docs / 'index.html'}", soft_wrap=True)
    console.print(f"Trends: {settings.data_docs / 'trends.html'}", soft_wrap=True)
    if settings.site.exists():
        console.print(f"Report: {settings.site / 'index.html'}", soft_wrap=True)


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(
            column, justify="left" if number == 0 else "right", overflow="fold"
        )
    return table


def _share(value: float | None) -> str:
    return percent(value)


def _funnel(connection: duckdb.DuckDBPyConnection) -> Table:
    table = _table(
        "Flow of crime reports",
        "Step",
        "Removed",
        "Left",
    )
    for step, removed, left in connection.execute(
        "select step, crime_reports_removed, crime_reports_left "
        "from marts.case_flow order by step_no"
    ).fetchall():
        table.add_row(step, f"{removed:,}" if removed else "", f"{left:,}")
    return table


def _national_inputs(connection: duckdb.DuckDBPyConnection) -> Table:
    table = _table("National files", "Input", "Files", "Rows")
    for extract, files, rows in connection.execute(
        "select extract, count(*), sum(delivered_rows) from quality.deliveries "
        "group by extract order by extract"
    ).fetchall():
        table.add_row(extract, f"{files:,}", f"{int(rows):,}")
    return table


def _force_rates(connection: duckdb.DuckDBPyConnection) -> Table:
    """England and Wales, and the forces furthest from it, of the latest year."""
    table = _table(
        f"Victim withdrawal by force, all compared crime, pending left out, the "
        f"{2 * SHOWN_FORCES} furthest (all of them: marts.force_withdrawal_rates)",
        "Force",
        "Year",
        "Offences",
        "Rate",
        "95% interval",
        "Including pending",
    )
    for force, year, offences, rate, low, high, including in connection.execute(
        "with latest as (select *, rank() over (order by withdrawal_rate desc) as "
        "place, rank() over (order by withdrawal_rate) as place_from_lowest "
        "from marts.force_withdrawal_rates where level = 'all compared crime' "
        "and financial_year = (select max(financial_year) "
        "from marts.force_withdrawal_rates) and withdrawal_rate is not null) "
        "select force, financial_year, offences, withdrawal_rate, "
        "withdrawal_rate_low, withdrawal_rate_high, withdrawal_rate_including_pending "
        "from latest where force = 'England and Wales' "
        "or least(place, place_from_lowest) <= ? order by withdrawal_rate desc",
        [SHOWN_FORCES],
    ).fetchall():
        table.add_row(
            force,
            year,
            f"{offences:,}",
            _share(rate),
            f"{percent(low)} - {percent(high)}",
            _share(including),
        )
    return table


def _violent_crime_flow(connection: duckdb.DuckDBPyConnection) -> Table:
    table = _table("Flow of violent crimes", "Step", "Removed", "Lost", "Left")
    for step, removed, share, left in connection.execute(
        "select step, crimes_removed, share_lost, crimes_left "
        "from marts.violent_crime_flow order by step_no"
    ).fetchall():
        table.add_row(
            step,
            f"{removed:,}" if removed else "",
            _share(share) if removed else "",
            f"{left:,}",
        )
    return table


def _violent_crime_outcomes(connection: duckdb.DuckDBPyConnection) -> Table:
    table = _table("Outcomes of violent crimes", "Outcome", "Crimes", "Share")
    for outcome, crimes, share in connection.execute(
        "select outcome_group, count(*), count(*) / sum(count(*)) over () "
        "from marts.violent_crimes group by outcome_group order by count(*) desc"
    ).fetchall():
        table.add_row(outcome, f"{crimes:,}", _share(share))
    return table


def _penalised(connection: duckdb.DuckDBPyConnection) -> Table:
    """Each model with its area, and the area without late or missing fields."""
    table = _table(
        "Penalised models, judged on crimes they did not see",
        "Model",
        "Crimes fitted",
        "Columns",
        "AUC",
        "H",
        "AUC without late fields",
    )
    for model, description, crimes, columns, auc, h, without in connection.execute(
        "select models.model, description, training_crimes, columns_selected, "
        "models.auc, h, leakage.auc "
        "from drivers.penalised_models as models "
        "left join drivers.penalised_leakage as leakage "
        "on models.model = leakage.model and leakage.left_out like 'all that is%' "
        "order by models.model"
    ).fetchall():
        table.add_row(
            f"{model} {description}",
            f"{crimes:,}" if crimes else "not fitted",
            f"{columns:,}" if columns is not None else "-",
            *("-" if x is None else f"{x:.3f}" for x in (auc, h, without)),
        )
    return table


def _withdrawal(connection: duckdb.DuckDBPyConnection) -> Table:
    table = _table(
        "Victim withdrawal",
        "Crime area",
        "Cases",
        "Withdrawals",
        "Rate",
        "95% interval",
    )
    for area, cases, withdrawals, rate, low, high in connection.execute(
        "select crime_area, cases, withdrawals, withdrawal_rate, ci_low, ci_high "
        "from marts.withdrawal_rates where dimension = 'all' order by cases desc"
    ).fetchall():
        table.add_row(
            area,
            f"{cases:,}",
            f"{withdrawals:,}",
            "too few" if rate is None else _share(rate),
            "" if rate is None else f"{percent(low)} - {percent(high)}",
        )
    return table


def _gaps(connection: duckdb.DuckDBPyConnection) -> Table:
    """Each gap in the latest delivery, and in the worst one if that is a breach."""
    latest = connection.execute("select max(delivery) from quality.gaps").fetchone()
    table = _table(
        f"Data-quality gaps, latest delivery {latest[0] if latest else ''}, the "
        f"{SHOWN_GAPS} worst (all of them: quality.gaps)",
        "Gap",
        "Severity",
        "Affected",
        "Share",
        "Tolerated",
        "Published",
        "Verdict",
    )
    found = connection.execute(
        "with checked as (select *, delivery = max(delivery) over (partition by gap) "
        "as is_latest from quality.gaps where population > 0) "
        "select gap, delivery, severity, failing, population, share, tolerance, "
        "published_share, verdict from checked "
        "where failing > 0 and (is_latest or not is_within_tolerance) "
        "qualify row_number() over (partition by gap, is_latest "
        "order by share desc, delivery desc) = 1 "
        "order by is_within_tolerance, "
        "not is_within_tolerance and severity = 'must hold' desc, "
        "verdict = 'too few to tell' desc, share desc, gap, delivery desc limit ?",
        [SHOWN_GAPS],
    ).fetchall()
    for gap, delivery, severity, failing, checked, *shares, verdict in found:
        share, tolerance, published = shares
        table.add_row(
            gap if (delivery,) == latest else f"{gap}, {delivery}",
            severity,
            f"{failing:,} of {checked:,}",
            percent(share),
            exact_percent(tolerance),
            "" if published is None else exact_percent(published),
            VERDICT_SIGNS.get(verdict, ""),
            style="red" if verdict == "beyond tolerance" else None,
        )
    table.caption = "affected of checked; ✗ beyond tolerance; ? too few to tell"
    return table


def print_publications(console: Console, settings: RunSettings) -> None:
    """Every publication: when, by which code, from what; kept or not."""
    kept = kept_publications(settings)
    table = _table(
        "Publications (quality.publications)",
        "Number",
        "Published (UTC)",
        "Code",
        "Deliveries",
        "Latest",
        "Restores",
        "Kept",
    )
    with open_published(settings) as connection:
        rows = connection.execute(
            "select publication, published_at, code_version, deliveries, "
            "latest_delivery, restores from quality.publications order by publication"
        ).fetchall()
    for number, when, code, deliveries, latest, restores in rows:
        table.add_row(
            str(number),
            f"{when:%Y-%m-%d %H:%M}",
            code,
            str(deliveries),
            latest,
            "" if restores is None else str(restores),
            "yes" if number in kept else "",
        )
    console.print(table)


def print_diff(console: Console, diff: PublicationDiff) -> None:
    """Differences between two publications, the most important first."""
    titles = (
        (diff.gaps_opened, "Gaps that opened (beyond tolerance now)", _share),
        (diff.gaps_closed, "Gaps that closed", _share),
        (diff.rates, "Withdrawal rates that left their 95% interval", _share),
        (diff.rows, "Rows", _count),
        ([] if diff.unfitted else diff.models, "Driver models (AUC)", _auc),
    )
    for number in diff.unfitted:
        console.print(
            f"Publication {number}: its driver models are not fitted (only "
            "`linkage run` past the publication, or `linkage drivers`, fits them)"
        )
    for changes, title, written in titles:
        if not changes:
            is_compared = written is not _auc or not diff.unfitted
            none = "none" if is_compared else "not compared"
            console.print(f"{title}: {none}", style="dim")
            continue
        names = len(changes[0].name)
        table = _table(
            title, *[""] * names, str(diff.before), str(diff.after), "Change"
        )
        for one in changes[:SHOWN_CHANGES]:
            table.add_row(
                *one.name, written(one.before), written(one.after), _moved(one, written)
            )
        if len(changes) > SHOWN_CHANGES:
            table.caption = f"and {len(changes) - SHOWN_CHANGES} more"
        console.print(table)


def _moved(change: Change, written: Callable[[float | None], str]) -> str:
    if None in (change.before, change.after) and written is not _share:
        return ""
    sign = "+" if change.difference >= 0 else "-"
    return sign + written(abs(change.difference))


def _count(value: float | None) -> str:
    return "not there" if value is None else f"{value:,.0f}"


def _auc(value: float | None) -> str:
    return "not fitted" if value is None else f"{value:.3f}"


def print_record_audit(console: Console, scored: Score) -> None:
    """Compliance of a record audit, over all BCUs and by each; an earlier score too.

    Two scores have each question's answers compared.
    """
    results = scored.results.to_dict("records")
    earlier = {
        (row["bcu"], row["question"]): row for row in scored.earlier.to_dict("records")
    }
    first = results[0]
    table = _table(
        f"Record audit {first['audit']}, score {first['score_no']}: {first['grade']}",
        *("Where", "What", "Yes", "Records", "Share", "95% interval", "Grade"),
        *((f"Score {first['score_no'] - 1}", "Its grade") if earlier else ()),
    )
    for row in results:
        if row["bcu"] != first["bcu"] and row["question"] != "compliance":
            continue
        before = earlier.get((row["bcu"], row["question"]))
        interval = f"{percent(row['ci_low'])} - {percent(row['ci_high'])}"
        table.add_row(
            row["bcu"],
            row["question"].replace("_", " "),
            f"{row['compliant']:,}",
            f"{row['records']:,}",
            percent(row["share"]) if row["records"] else "-",
            interval if row["records"] else "-",
            _grade(row),
            *(
                (f"{before['compliant']:,} of {before['records']:,}", _grade(before))
                if before
                else ()
            ),
        )
    console.print(table)
    if scored.agreements:
        alike = _table(
            "Answered alike by both scores", "What", "Alike", "Share", "Cohen's kappa"
        )
        for one in scored.agreements:
            alike.add_row(
                one.question.replace("_", " "),
                f"{one.alike:,} of {one.records:,}",
                percent(one.alike / one.records),
                "-" if one.kappa is None else f"{one.kappa:.2f}",
            )
        console.print(alike)


def _grade(row: Mapping[Any, Any]) -> str:
    """Questions by themselves have none."""
    return row["grade"] if isinstance(row["grade"], str) else ""


def print_comparison(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    """Differences between two driver models, the surest first."""
    overall, *each = rows
    found = [row for row in each if row["is_different"]]
    console.print(
        f"{overall['comparison']}: {len(found)} of {len(each)} shared odds ratios "
        f"differ (Holm, 95%); all at once chi2 = {overall['chi_square']:.1f} on "
        f"{overall['degrees_of_freedom']}, p = {overall['p_value']:.2g}"
    )
    table = _table("", "Driver", "Against", "First", "Second", "Ratio", "95% interval")
    for row in sorted(found, key=lambda one: one["p_value"]):
        name = row["variable"].replace("_", " ")
        table.add_row(
            name if row["category"] == "Yes" else f"{name}: {row['category']}",
            row["reference_category"],
            *(_ratio(row[f"odds_ratio_{one}"]) for one in ("first", "second")),
            _ratio(row["ratio"]),
            _between(row["ratio_low"], row["ratio_high"]),
        )
    if found:
        console.print(table)
    console.print("All of them: drivers.comparisons")


def _drivers(connection: duckdb.DuckDBPyConnection) -> Iterator[Table]:
    """Every model in a line, and the strongest drivers of the largest full one."""
    table = _table(
        "Driver models (drivers.models)",
        "Model",
        "What",
        "Cases",
        "R2",
        "AUC",
        "AUC, unseen cases",
    )
    table.columns[1].justify = "left"
    largest = None
    for model, what, n, r2, auc, unseen, columns, method in connection.execute(
        "select model, description, sample_size, nagelkerke_r2, models.auc, "
        "performance.auc, columns_fitted, method from drivers.models "
        "left join drivers.performance using (model) "
        "where coalesce(sample, 'cross-validated') = 'cross-validated' "
        "and coalesce(learner, 'logistic') = 'logistic'"
    ).fetchall():
        fitted = r2 is not None
        table.add_row(
            model + ("*" if fitted and "Firth" in method else ""),
            what,
            f"{n:,}",
            f"{r2:.3f}" if fitted else "not fitted",
            f"{auc:.3f}" if fitted else "",
            f"{unseen:.3f}" if unseen is not None else "",
        )
        if fitted and (largest is None or columns * n > largest[1]):
            largest = (model, columns * n)
    table.caption = "* penalised (Firth): a category has none or only of the outcome"
    yield table
    if largest is not None:
        yield _strongest(connection, largest[0])


def _not_fitted(connection: duckdb.DuckDBPyConnection) -> str:
    """Number of models without a fit, and the reasons."""
    from ml.specification import model_order

    rows = connection.execute(
        "select note, list(model) from drivers.models where not converged "
        "group by note order by count(*) desc, note"
    ).fetchall()
    total = _one(connection, "select count(*) from drivers.models")
    if not rows:
        return f"All {total} driver models are fitted."
    missing = sum(len(models) for _, models in rows)
    reasons = "; ".join(
        f"{', '.join(sorted(models, key=model_order))}: {note}" for note, models in rows
    )
    return f"{missing} of {total} driver models are not fitted ({reasons})."


def _ratio(value: float | None) -> str:
    return "too far to give" if value is None else f"{value:.2f}"


def _between(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "too wide to give"
    return f"{low:.2f} - {high:.2f}"


def _strongest(connection: duckdb.DuckDBPyConnection, model: str) -> Table:
    table = _table(
        f"Model {model}: strongest significant drivers (drivers.odds_ratios)",
        "Driver of withdrawal",
        "Against",
        "Times",
        "95% interval of odds",
    )
    for label, reference, times, direction, low, high in connection.execute(
        "select label, reference_category, times, direction, ci_low, ci_high "
        "from drivers.odds_ratios "
        "where model = ? and is_significant and times is not null "
        "order by times desc limit 8",
        [model],
    ).fetchall():
        table.add_row(
            label, reference, f"{times:.1f}x {direction}", _between(low, high)
        )
    return table
