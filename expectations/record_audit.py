"""The audit of closed records, made repeatable: draw a sheet, read it back, score it.

The London study (Data quality) prints one such audit of Outcome 16, done by hand. A
stratified random sample is drawn from the published warehouse, and the answers are
stored there (`quality.record_audits`, `record_audit_sheets`, `record_audit_answers`,
`record_audit_results`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from linkage.base.clock import utc_now
from linkage.base.errors import LinkageError, UnreadableInputError
from linkage.base.intervals import wilson
from linkage.base.settings import RunSettings
from linkage.base.yaml_files import read_yaml
from linkage.publication.publish import next_version
from linkage.publication.written_tables import columns_of, create_table

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

SETTINGS_FILE = Path(__file__).with_name("record_audit.yml")
EVERYWHERE = "All"
ANSWERS = {
    "yes": True,
    "y": True,
    "no": False,
    "n": False,
    "not applicable": None,
    "n/a": None,
}
# For the auditors alone: who, when and why stays in the sheet.
NOTES = ("auditor", "date", "comment")
TOO_FEW = "too few to tell"
TABLES = (
    "quality.record_audits",
    "quality.record_audit_sheets",
    "quality.record_audit_answers",
    "quality.record_audit_results",
)


@dataclass(frozen=True)
class Question:
    """A question of the sheet; yes complies."""

    question: str
    text: str


@dataclass(frozen=True)
class Grade:
    """A band of compliance: the share from which it is given, 0-1."""

    grade: str
    at_least: float


@dataclass(frozen=True)
class Agreement:
    """Agreement of two scores of an audit on a question, corrected for chance."""

    question: str
    records: int
    alike: int
    kappa: float | None


@dataclass(frozen=True)
class Score:
    """Results of a sheet, and those of the score of the same audit before it."""

    results: pd.DataFrame
    earlier: pd.DataFrame
    agreements: list[Agreement]


@dataclass(frozen=True)
class Sheet:
    """A sample that was drawn: its name, where it was written, how many records."""

    audit: str
    path: Path
    sampled: int
    population: int


def read_audit_settings(
    path: Path = SETTINGS_FILE,
) -> tuple[list[Question], list[Grade]]:
    """Questions, and grades from the best down.

    Raises LinkageError with one line that names the file and the fault.
    """
    try:
        content = read_yaml(path)
        questions = [Question(**entry) for entry in content["questions"]]
        grades = [Grade(**entry) for entry in content["grades"]]
        bands = [float(grade.at_least) for grade in grades]
    except (KeyError, TypeError, ValueError) as error:
        raise LinkageError(
            f"{path.name}: needs a list `questions` of question and text, and a list "
            "`grades` of grade and at_least"
        ) from error
    if not questions or not bands:
        raise LinkageError(f"{path.name}: has no question or no grade")
    if bands != sorted(bands, reverse=True) or bands[-1] != 0 or bands[0] > 1:
        raise LinkageError(
            f"{path.name}: at_least must fall from grade to grade, from 1 at most to 0"
        )
    return questions, grades


def draw_sheet(
    settings: RunSettings, out: Path, *, outcome: str, size: int, seed: int
) -> Sheet:
    """Draw a random sample of the cases closed with an outcome, stratified by BCU.

    Each BCU gives in proportion to its cases, by largest remainders; within it
    the cases come in the order of a hash of seed and crime reference: as good as drawn,
    and the same warehouse, size and seed give the same sheet.
    Raises LinkageError where no case has the outcome.
    """
    if out.suffix not in (".csv", ".xlsx"):
        raise LinkageError(f"{out}: name a file that ends in .csv or .xlsx")
    if out.exists():
        raise LinkageError(f"{out}: is there already; a sheet is never overwritten")
    questions, _ = read_audit_settings()
    with next_version(settings, list(TABLES)) as connection:
        create_tables(connection)
        strata = connection.execute(
            "select bcu, count(*) as bcu_population from marts.cases "
            "where outcome_code = ? group by bcu order by bcu",
            [outcome],
        ).df()
        population = int(strata.bcu_population.sum())
        if not population:
            raise LinkageError(
                f"no case of the warehouse was closed with outcome {outcome}"
            )
        strata["bcu_sampled"] = allocate(
            strata.bcu_population.tolist(), min(size, population)
        )
        connection.register("strata", strata)
        sampled = connection.execute(
            "select crime_ref, bcu, bcu_population, bcu_sampled from (select *, "
            "row_number() over (partition by bcu "
            "order by md5(concat(cast(? as varchar), ':', crime_ref))) as position "
            "from marts.cases where outcome_code = ?) as cases "
            "inner join strata using (bcu) where position <= bcu_sampled "
            "order by bcu, crime_ref",
            [seed, outcome],
        ).df()
        ((audits,),) = connection.execute(
            "select count(*) from quality.record_audits"
        ).fetchall()
        audit = f"A{audits + 1:04}"
        sampled.insert(0, "audit", audit)
        connection.execute(
            "insert into quality.record_audits values (?, ?, ?, ?, ?, ?)",
            [audit, outcome, utc_now(), seed, population, len(sampled)],
        ).fetchall()
        connection.register("sampled", sampled)
        connection.execute(
            "insert into quality.record_audit_sheets select * from sampled"
        ).fetchall()
        _write_sheet(out, sampled, questions)
    return Sheet(audit, out, len(sampled), population)


def allocate(populations: Sequence[int], size: int) -> list[int]:
    """Sample sizes in proportion to the strata, by largest remainders, summing to size.

    A stratum never gives more than it has. Ties go to the earlier stratum.
    """
    total = sum(populations)
    exact = [size * population / total for population in populations]
    sizes = [int(share) for share in exact]
    order = sorted(
        range(len(sizes)), key=lambda number: (sizes[number] - exact[number], number)
    )
    for number in order[: size - sum(sizes)]:
        sizes[number] += 1
    return sizes


def _write_sheet(
    out: Path, sampled: pd.DataFrame, questions: Sequence[Question]
) -> None:
    sheet = sampled[["audit", "crime_ref", "bcu"]].copy()
    for column in (*(question.text for question in questions), *NOTES):
        sheet[column] = ""
    if out.suffix == ".csv":
        sheet.to_csv(out, index=False)
        return
    import pandas as pd
    from openpyxl.styles import Alignment
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    with pd.ExcelWriter(out, engine="openpyxl") as writer:
        sheet.to_excel(writer, index=False, sheet_name="Audit", freeze_panes=(1, 0))
        page = writer.sheets["Audit"]
        widths = [8, 16, 22, *[30] * len(questions), 16, 12, 40]
        for number, width in enumerate(widths, start=1):
            page.column_dimensions[get_column_letter(number)].width = width
            page.cell(1, number).alignment = Alignment(wrap_text=True, vertical="top")
        for row in range(2, len(sheet) + 2):
            page.cell(row, 2).data_type = "s"  # a reference is never a formula
        answers = DataValidation(
            type="list", formula1='"yes,no,not applicable"', allow_blank=True
        )
        page.add_data_validation(answers)
        last = get_column_letter(3 + len(questions))
        answers.add(f"D2:{last}{len(sheet) + 1}")


def score_sheet(settings: RunSettings, path: Path) -> Score:
    """Read a filled sheet back, keep its answers in the warehouse, and score it.

    Results have one row per BCU and for all of them, and per question and for all of
    them. Over all BCUs a record has its weight in the population. A second
    score of the same audit is compared with the one before it. Auditor, date and
    comment are not read. Raises UnreadableInputError naming line and column where an
    answer is missing or the sheet is not the one that was drawn.
    """
    import pandas as pd

    questions, grades = read_audit_settings()
    answers = _read_sheet(path, questions)
    audit = str(answers.audit.iloc[0])
    with next_version(settings, list(TABLES)) as connection:
        create_tables(connection)
        drawn = connection.execute(
            "select crime_ref, bcu, bcu_population, bcu_sampled "
            "from quality.record_audit_sheets where audit = ? order by bcu, crime_ref",
            [audit],
        ).df()
        _refuse_another_sheet(path, answers, drawn, audit)
        scored = drawn.merge(answers.drop(columns=["audit", "bcu"]), on="crime_ref")
        ((score_no,),) = connection.execute(
            "select coalesce(max(score_no), 0) + 1 from quality.record_audit_results "
            "where audit = ?",
            [audit],
        ).fetchall()
        results = pd.DataFrame(score(scored, questions, grades))
        results = results.assign(audit=audit, scored_at=utc_now(), score_no=score_no)
        long = scored.melt(
            id_vars="crime_ref",
            value_vars=[question.question for question in questions],
            var_name="question",
            value_name="is_yes",
        )
        long = long.assign(
            audit=audit, scored_at=results.scored_at.iloc[0], score_no=score_no
        )
        for table, rows in (("answers", long), ("results", results)):
            connection.register(table, rows)
            connection.execute(
                f"insert into quality.record_audit_{table} by name "
                f"select * from {table}"
            ).fetchall()
        earlier = connection.execute(
            "select * from quality.record_audit_results "
            "where audit = ? and score_no = ?",
            [audit, score_no - 1],
        ).df()
        agreements = _agreements(connection, audit, score_no)
    return Score(results, earlier, agreements)


def _agreements(
    connection: duckdb.DuckDBPyConnection, audit: str, score_no: int
) -> list[Agreement]:
    """Each question's answers in two scores of an audit; empty where there is one."""
    from statsmodels.stats.inter_rater import cohens_kappa

    pairs = connection.execute(
        "select question, coalesce(cast(one.is_yes as varchar), 'not applicable') as "
        "one, coalesce(cast(other.is_yes as varchar), 'not applicable') as other "
        "from quality.record_audit_answers as one "
        "inner join quality.record_audit_answers as other "
        "using (audit, crime_ref, question) "
        "where audit = ? and one.score_no = ? and other.score_no = ?",
        [audit, score_no - 1, score_no],
    ).df()
    found = []
    for question, own in pairs.groupby("question", sort=False):
        kinds = sorted({*own.one, *own.other})
        table = [
            [int(((own.one == a) & (own.other == b)).sum()) for b in kinds]
            for a in kinds
        ]
        found.append(
            Agreement(
                question=str(question),
                records=len(own),
                alike=int((own.one == own.other).sum()),
                # All answers are one and the same: chance alone would agree.
                kappa=float(cohens_kappa(table, return_results=False))
                if len(kinds) > 1
                else None,
            )
        )
    return found


def score(
    scored: pd.DataFrame, questions: Sequence[Question], grades: Sequence[Grade]
) -> list[dict[str, Any]]:
    """Compliance by BCU and over all, with a 95% Wilson interval.

    `scored` has a row per record: bcu, bcu_population, bcu_sampled, and an answer per
    question: yes, no, or none where it does not apply. A record complies when no
    question is answered no; one to which none applies is left out. Over all BCUs shares
    are weighted to the population, and the interval takes Kish's effective sample size
    for the number of records (Kish 1965, 11.7). A BCU has a grade where its whole
    interval has it.
    """
    scored = scored.copy()
    names = [question.question for question in questions]
    answers = scored[names].astype("boolean")
    scored[names] = answers
    scored["compliance"] = answers.all(axis=1).where(answers.notna().any(axis=1))
    scored["weight"] = scored.bcu_population / scored.bcu_sampled
    rows = []
    for bcu, own in [(EVERYWHERE, scored), *scored.groupby("bcu")]:
        for name in ["compliance", *names]:
            answered = own[own[name].notna()]
            is_yes = answered[name].astype(bool)
            weight = answered.weight
            share = low = high = None
            if len(answered):
                share = float((weight * is_yes).sum() / weight.sum())
                effective = float(weight.sum() ** 2 / (weight**2).sum())
                low, high = wilson(share, effective)
            rows.append(
                {
                    "bcu": bcu,
                    "question": name,
                    "records": len(answered),
                    "compliant": int(is_yes.sum()),
                    "share": share,
                    "ci_low": low,
                    "ci_high": high,
                    "grade": _grade(
                        grades, (share,) if bcu == EVERYWHERE else (low, high)
                    )
                    if name == "compliance"
                    else None,
                }
            )
    return rows


def _grade(grades: Sequence[Grade], shares: Sequence[float | None]) -> str:
    """The grade that all these shares have; too few records where they differ."""
    given = {
        None
        if share is None
        else next(grade.grade for grade in grades if share >= grade.at_least)
        for share in shares
    }
    one = given.pop()
    return TOO_FEW if given or one is None else one


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables, empty, where they are not there yet."""
    connection.execute("create schema if not exists quality").fetchall()
    for table in TABLES:
        columns = columns_of(table)
        create_table(connection, table, columns)
        if "score_no" in columns:
            _number_scores(connection, table)


def _number_scores(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Scores of an audit that were kept before they had a number, by their time."""
    connection.execute(
        f"alter table {table} add column if not exists score_no integer"
    ).fetchall()
    connection.execute(
        f"update {table} as kept set score_no = numbered.score_no from ("
        "select audit, scored_at, cast(row_number() over (partition by audit "
        "order by scored_at) as integer) as score_no from (select distinct audit, "
        f"scored_at from {table})) as numbered where kept.score_no is null "
        "and kept.audit = numbered.audit and kept.scored_at = numbered.scored_at"
    ).fetchall()


def _read_sheet(path: Path, questions: Sequence[Question]) -> pd.DataFrame:
    """The sheet, answers as booleans; columns audit, crime_ref, bcu, the questions."""
    import pandas as pd

    if not path.exists():
        raise UnreadableInputError(f"{path}: is missing; name the sheet you filled in")
    try:
        sheet = (
            pd.read_excel(path, dtype=str, keep_default_na=False)
            if path.suffix == ".xlsx"
            else pd.read_csv(path, dtype=str, keep_default_na=False)
        )
    except (OSError, ValueError, KeyError) as error:
        raise UnreadableInputError(
            f"{path}: cannot be read as a sheet; save it as .csv or .xlsx"
        ) from error
    names = {question.text: question.question for question in questions}
    for column in ("audit", "crime_ref", "bcu", *names):
        if column not in sheet.columns:
            raise UnreadableInputError(f"{path}: the column {column!r} is missing")
    if sheet.empty:
        raise UnreadableInputError(f"{path}: holds no record")
    sheet = sheet[["audit", "crime_ref", "bcu", *names]].rename(columns=names)
    for text, name in names.items():
        answers = sheet[name].str.strip().str.lower()
        unknown = ~answers.isin(list(ANSWERS))
        if unknown.any():
            line = int(unknown.to_numpy().argmax()) + 2
            raise UnreadableInputError(
                f"{path} line {line}: {text!r} is not answered yes, no or not "
                f"applicable ({int(unknown.sum())} of {len(sheet)} are not)"
            )
        sheet[name] = answers.map(ANSWERS).astype("boolean")
    return sheet


def _refuse_another_sheet(
    path: Path, answers: pd.DataFrame, drawn: pd.DataFrame, audit: str
) -> None:
    if drawn.empty:
        raise UnreadableInputError(
            f"{path}: audit {audit!r} was not drawn from this warehouse"
        )
    several = answers.audit.nunique() > 1 or answers.crime_ref.duplicated().any()
    if several or set(answers.crime_ref) != set(drawn.crime_ref):
        raise UnreadableInputError(
            f"{path}: its records are not the {len(drawn)} drawn for audit {audit}, "
            "each once"
        )
