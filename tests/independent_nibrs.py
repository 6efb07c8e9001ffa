"""NIBRS state-years counted a second time: pandas, straight from the zip.

Shares no code with the loader or the models. Of the project it reads only the seeds
that say which offences are in scope and how they rank.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

SEEDS = Path(__file__).resolve().parents[1] / "seeds"
STEPS = (
    "no outcome",
    "no crime or admin",
    "crime type out of scope",
    "no victim",
    "several victims",
    "several suspects",
    "several offences",
)


@dataclass(frozen=True)
class StateYear:
    """What a state-year holds, by its own files.

    `incidents` has one row per incident: offences, victims (people), suspects,
    outcome (Home Office code), main_code (NIBRS), removed_by (step or None).
    """

    name: str
    incidents: pd.DataFrame

    @property
    def flow(self) -> dict[str, int]:
        """Incidents removed at each step, in order."""
        counts = self.incidents.removed_by.value_counts()
        return {step: int(counts.get(step, 0)) for step in STEPS}

    @property
    def combined(self) -> pd.DataFrame:
        """Incidents that no step removes."""
        return self.incidents[self.incidents.removed_by.isna()]

    @property
    def withdrawals(self) -> int:
        """Combined incidents cleared because the victim refused to cooperate."""
        return int((self.combined.outcome == "16").sum())


def read_tables(archive: Path) -> dict[str, pd.DataFrame]:
    """Every CSV of the zip by its lower-case name without `nibrs_`."""
    tables = {}
    with zipfile.ZipFile(archive) as opened:
        for member in opened.namelist():
            if member.lower().endswith(".csv"):
                name = member.rsplit("/", 1)[-1].lower().removesuffix(".csv")
                with opened.open(member) as stream:
                    frame = pd.read_csv(stream, dtype=str, keep_default_na=False)
                frame.columns = frame.columns.str.lower()
                tables[name.removeprefix("nibrs_")] = frame
    return tables


def read_state_year(archive: Path) -> StateYear:
    """Count one state-year as published."""
    tables = read_tables(archive)
    incidents = tables["incident"].set_index("incident_id")[["cleared_except_id"]]
    offences = _offences(tables)
    incidents["offences"] = offences.groupby("incident_id").size()
    main = offences.sort_values("rank").groupby("incident_id").first()
    incidents["main_code"] = main.offense_code
    types = tables["victim"].merge(tables["victim_type"], on="victim_type_id")
    people = types[types.victim_type_code.isin(["I", "L"])]
    incidents["victims"] = people.groupby("incident_id").size()
    known = tables["offender"].query("offender_seq_num != '0'")
    incidents["suspects"] = known.groupby("incident_id").size()
    incidents = incidents.fillna({"offences": 0, "victims": 0, "suspects": 0})

    codes = tables["cleared_except"].set_index("cleared_except_id")
    exception = incidents.cleared_except_id.map(codes.cleared_except_code)
    arrested = incidents.index.isin(tables["arrestee"].incident_id)
    nearest = {"A": "05", "B": "09", "C": "20", "D": "16", "E": "22"}
    outcome = pd.Series("18", index=incidents.index)
    outcome[incidents.suspects > 0] = "15"
    outcome[arrested] = "01"
    outcome = exception.map(nearest).fillna(outcome)
    outcome[~main.is_crime.reindex(incidents.index)] = "NC"
    incidents["outcome"] = outcome

    in_scope = main.is_in_scope.reindex(incidents.index)
    removed = pd.Series(None, index=incidents.index, dtype=object)
    rules = {
        "several offences": incidents.offences > 1,
        "several suspects": incidents.suspects > 1,
        "several victims": incidents.victims > 1,
        "no victim": incidents.victims == 0,
        "crime type out of scope": ~in_scope,
        "no crime or admin": outcome == "NC",
        "no outcome": outcome == "",
    }
    for step, holds in rules.items():  # the first rule is written last
        removed[holds] = step
    incidents["removed_by"] = removed
    return StateYear(archive.stem, incidents)


def _offences(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Offences with code, rank, scope; a code that depends on injury by its least rank.

    That is exact for scope and counts as long as no offence of another scope ranks
    between the rows of one code, which is checked here.
    """
    offences = tables["offense"]
    if "offense_code" not in offences:
        offences = offences.merge(tables["offense_type"], on="offense_type_id")
    lookup = pd.read_csv(SEEDS / "nibrs_offences.csv", dtype=str, keep_default_na=False)
    majors = pd.read_csv(SEEDS / "major_crimes.csv", dtype=str).set_index(
        "raw_major_crime"
    )
    lookup["rank"] = lookup.seriousness_rank.astype(int)
    lookup["is_in_scope"] = lookup.major_crime.map(majors.is_in_scope) == "true"
    lookup["is_crime"] = lookup.is_crime == "true"
    for _, rows in lookup.groupby("offense_code"):
        between = lookup[lookup["rank"].between(rows["rank"].min(), rows["rank"].max())]
        assert between.is_in_scope.nunique() == 1
    least = lookup.sort_values("rank").drop_duplicates("offense_code")
    joined = offences.merge(
        least[["offense_code", "rank", "is_in_scope", "is_crime"]],
        on="offense_code",
        how="left",
    )
    assert joined["rank"].notna().all(), "an offence code is in no row of the seed"
    return joined
