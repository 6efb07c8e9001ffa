"""Metrics give what the marts give, and every published table has readers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.running import PublishedRun, rows


def ask(parsed: Any, run: PublishedRun, metric: str, condition: str = "true") -> float:
    """A ratio metric's value, from the definitions that dbt has parsed alone."""
    metrics = {one.name: one for one in parsed.metrics.values()}
    params = metrics[metric].type_params
    values = []
    for part in (params.numerator.name, params.denominator.name):
        measure = metrics[part].type_params.measure.name
        ((model, agg, expression),) = (
            (one.node_relation, found.agg.value, found.expr)
            for one in parsed.semantic_models.values()
            for found in one.measures
            if found.name == measure
        )
        table = f"{model.schema_name}.{model.alias}"
        ((value,),) = rows(
            run.path, f"select {agg}({expression}) from {table} where {condition}"
        )
        values.append(float(value))
    return values[0] / values[1]


def test_the_withdrawal_rate_is_that_of_the_mart(
    parsed: Any, published: PublishedRun
) -> None:
    ((expected,),) = rows(
        published.path,
        "select withdrawal_rate from marts.withdrawal_rates "
        "where crime_area = 'All crime' and dimension = 'all'",
    )
    assert ask(parsed, published, "withdrawal_rate") == pytest.approx(expected)


def test_the_judicial_rate_is_that_of_the_mart(
    parsed: Any, published: PublishedRun
) -> None:
    ((expected,),) = rows(
        published.path,
        "select share from marts.outcome_shares "
        "where crime_area = 'All crime' and outcome_group = 'Judicial'",
    )
    assert ask(parsed, published, "judicial_rate") == pytest.approx(expected)


@pytest.mark.parametrize(
    ("metric", "column"),
    [
        ("force_withdrawal_rate", "withdrawal_rate"),
        (
            "force_withdrawal_rate_including_pending",
            "withdrawal_rate_including_pending",
        ),
        ("force_judicial_rate", "judicial_rate"),
        ("outcome_completeness", "outcome_completeness"),
    ],
)
def test_a_metric_of_forces_is_that_of_the_mart(
    parsed: Any, national_published: PublishedRun, metric: str, column: str
) -> None:
    ((expected,),) = rows(
        national_published.path,
        f"select {column} from marts.force_withdrawal_rates "
        "where force = 'Kent' and crime_type = 'All compared crime'",
    )
    found = ask(parsed, national_published, metric, "force = 'Kent' and is_compared")
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("metric", "gap"),
    [
        ("victim_ethnicity_completeness", "victim_ethnicity"),
        ("victim_sex_completeness", "victim_sex"),
    ],
)
def test_completeness_is_the_share_that_is_known(
    parsed: Any, published: PublishedRun, metric: str, gap: str
) -> None:
    ((expected,),) = rows(
        published.path, f"select avg(({gap} != 'Unknown')::int) from marts.cases"
    )
    assert ask(parsed, published, metric) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("dimension", "category"),
    [("all", "all"), ("gender", "Female"), ("ethnicity", "Black")],
)
def test_the_compliance_metric_is_the_overall_figure_of_the_mart(
    parsed: Any,
    national_case_files_published: PublishedRun,
    dimension: str,
    category: str,
) -> None:
    ((expected,),) = rows(
        national_case_files_published.path,
        "select compliance from marts.victims_code_compliance where audit = '2021' "
        "and question_code = 'overall' and dimension = ? and category = ?",
        *(dimension, category),
    )
    condition = "audit = '2021'" + (
        f" and {dimension} = '{category}'" if dimension != "all" else ""
    )
    found = ask(
        parsed, national_case_files_published, "victims_code_compliance", condition
    )
    assert found == pytest.approx(expected)


def test_every_dimension_is_a_column_of_its_table(parsed: Any) -> None:
    models = {node.name: node for node in parsed.nodes.values()}
    for one in parsed.semantic_models.values():
        columns = set(models[one.node_relation.alias].columns)
        assert {dimension.name for dimension in one.dimensions} <= columns


def test_every_published_table_has_readers(parsed: Any) -> None:
    read = {key for one in parsed.exposures.values() for key in one.depends_on.nodes}
    published = {
        key
        for key, node in parsed.nodes.items()
        if node.resource_type == "model"
        and node.schema in ("marts", "quality", "drivers")
        and node.config.materialized != "ephemeral"
    }
    assert published <= read
