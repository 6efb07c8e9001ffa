"""Several published tables together for release, for public pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from linkage.base import failures
from linkage.base.errors import LinkageError
from linkage.base.settings import RunSettings
from linkage.disclosure.export import count_group, protected_table
from linkage.disclosure.ledger import earlier_exports, is_same, keep_export
from linkage.disclosure.rounding import round_counts
from linkage.disclosure.settings import DisclosureSettings, read_disclosure_settings
from linkage.publication.publications import has_table
from linkage.publication.publish import open_published

BEFORE = "before_"


@dataclass(frozen=True)
class Release:
    """Tables as `linkage export` writes them, and why others are not among them.

    Of each count `x` there is also `before_x`: the figure in the latest earlier export
    with other counts; null where it or this one does not show it. `failed` has a line
    on each group whose protection failed.
    """

    tables: Mapping[str, pd.DataFrame]
    refused: dict[str, str]
    rules: DisclosureSettings
    failed: list[str] = field(default_factory=list)


def release_tables(
    settings: RunSettings,
    tables: Sequence[str],
    rules: DisclosureSettings | None = None,
) -> Release:
    """Protect published tables, each group once, and keep them in the ledger.

    Differences are checked against every earlier export, as `linkage export` does; the
    next export is checked against this one. A table that is not published, or of whose
    group no safe tables exist, is in `refused`. The caller holds the warehouse's lock.
    """
    rules = rules or read_disclosure_settings()
    released: dict[str, pd.DataFrame] = {}
    refused: dict[str, str] = {}
    failed: list[str] = []
    for group in dict.fromkeys(rules.table(name).group for name in tables):
        wanted = [name for name in tables if rules.table(name).group == group]
        missing = _missing(settings, group, rules)
        if missing:
            refused |= {
                name: f"{name if name in missing else missing[0]} is not published"
                for name in wanted
            }
            continue
        try:
            released |= _release_group(settings, group, wanted, rules)
        except LinkageError as error:
            refused |= dict.fromkeys(wanted, str(error))
        except Exception as error:
            refused |= dict.fromkeys(wanted, failures.why(error))
            what = f"{', '.join(wanted)} could not be protected"
            failed.append(failures.in_a_line(what, error))
    return Release(released, refused, rules, failed)


def _missing(settings: RunSettings, group: str, rules: DisclosureSettings) -> list[str]:
    with open_published(settings) as connection:
        return [
            name for name in rules.tables_of(group) if not has_table(connection, name)
        ]


def _release_group(
    settings: RunSettings, group: str, wanted: Sequence[str], rules: DisclosureSettings
) -> dict[str, pd.DataFrame]:
    members = rules.tables_of(group)
    with open_published(settings) as connection:
        counted = count_group(connection, group, rules)
    earlier = earlier_exports(settings, group)
    counts = counted.protect(earlier)
    keep_export(settings, group, counts)
    safe = counted.safe(counts)
    others = [one for one in earlier if not is_same(one, counts)]
    shown_before = _shown(others[-1], rules) if others else pd.Series(dtype="Int64")
    found = {}
    for name in wanted:
        spec = members[name]
        frame = protected_table(counted, name, safe)
        for number, column in enumerate(spec.counts):
            places = [" / ".join(row[number]) for row in counted.places[name]]
            if column in frame:
                before = shown_before.reindex(places)
                frame[BEFORE + column] = before.set_axis(frame.index)
                frame.loc[frame[column].isna(), BEFORE + column] = pd.NA
        found[name] = frame
    return found


def _shown(export: pd.DataFrame, rules: DisclosureSettings) -> pd.Series[int]:
    """Figures of an export under the same rules: rounded counts by place."""
    is_shown = (export["why"] == "") & (export["rules"] == rules.fingerprint())
    shown = export[is_shown]
    return pd.Series(
        round_counts(shown["value"], rules.base), index=shown.index, dtype="Int64"
    )
