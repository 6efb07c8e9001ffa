"""Reports beyond the retention period: by the day recorded, or by the last delivery."""

from __future__ import annotations

from pathlib import Path

import pytest

from linkage.base.errors import LinkageError
from linkage.base.settings import RunSettings
from linkage.erasure.retention import expired
from tests.deliveries import Tables, deliver, offence, sound, victim
from tests.violent_crime_tables import deliver_violent_crimes


def recorded(**days: str) -> Tables:
    tables = sound(*days)
    tables["offences"] = [offence(ref, recorded_on=day) for ref, day in days.items()]
    return tables


@pytest.fixture
def settings(tmp_path: Path) -> RunSettings:
    return RunSettings("cris", tmp_path / "extracts", tmp_path / "w.duckdb")


def test_a_report_expires_when_it_is_older_than_the_period_and_not_on_the_day(
    settings: RunSettings,
) -> None:
    deliver(
        settings.extracts,
        recorded(old="2020-04-30", on_the_day="2020-05-01", new="2021-04-03"),
    )
    assert expired(settings, 12) == ["old"]
    assert expired(settings, 13) == []


def test_the_period_ends_with_the_newest_delivery_whatever_a_report_was_in(
    settings: RunSettings,
) -> None:
    deliver(settings.extracts, recorded(A="2020-04-03"), date="2020-05-01")
    assert expired(settings, 12) == []
    deliver(settings.extracts, recorded(B="2021-06-03"), date="2021-07-01")
    assert expired(settings, 12) == ["A"]


def test_the_main_offence_says_the_day_and_any_other_where_it_cannot_be_read(
    settings: RunSettings,
) -> None:
    tables = sound("A", "B", "C")
    later = {"offence_no": "2", "offence_role": "Subsidiary"}
    tables["offences"] = [
        offence("A", recorded_on="2019-01-01"),
        offence("A", recorded_on="2021-04-01", **later),
        offence("B", recorded_on="01/01/2019"),
        offence("B", recorded_on="2019-01-01", **later),
        offence("C", recorded_on="2021-04-01"),
        offence("C", recorded_on="2019-01-01", **later),
    ]
    deliver(settings.extracts, tables)
    assert expired(settings, 12) == ["A", "B"]


def test_a_later_delivery_corrects_the_day(settings: RunSettings) -> None:
    deliver(settings.extracts, recorded(A="2019-01-01"), date="2020-05-01")
    deliver(settings.extracts, recorded(A="2021-04-01"), date="2021-05-01")
    assert expired(settings, 12) == []


def test_an_unreadable_day_is_that_of_the_last_delivery_that_names_the_report(
    settings: RunSettings,
) -> None:
    tables = recorded(A="", B="soon")
    tables["victims"] += [victim("only a victim"), victim(" B ")]
    deliver(settings.extracts, tables, date="2020-01-01")
    deliver(settings.extracts, recorded(B="never"), date="2021-05-01")
    assert expired(settings, 12) == ["A", "only a victim"]


def test_a_day_after_the_delivery_does_not_keep_a_report_for_ever(
    settings: RunSettings,
) -> None:
    deliver(settings.extracts, recorded(A="2099-01-01"), date="2020-01-01")
    deliver(settings.extracts, recorded(B="2021-04-03"), date="2021-05-01")
    assert expired(settings, 12) == ["A"]


def test_nothing_is_left_beside_and_public_data_is_refused(
    settings: RunSettings,
) -> None:
    deliver(settings.extracts, recorded(A="2020-01-01"))
    expired(settings, 1)
    assert list(settings.temp.iterdir()) == []
    with pytest.raises(LinkageError, match="NIBRS is public"):
        expired(RunSettings("nibrs", settings.extracts, settings.warehouse), 1)
    with pytest.raises(LinkageError, match="from 1"):
        expired(settings, 0)


def test_a_violent_crime_expires_by_the_day_it_occurred(tmp_path: Path) -> None:
    settings = RunSettings(
        "violent_crime", tmp_path / "extracts", tmp_path / "w.duckdb"
    )
    days = {"old": "2019-01-01", "new": "2021-04-03", "unread": "01/01/2019"}
    crimes = [{"crime_ref": ref, "occurred_on": day} for ref, day in days.items()]
    victims = [{"crime_ref": ref} for ref in (*days, "of no crime")]
    tables = {"crimes": crimes, "victims": victims}
    deliver_violent_crimes(settings.extracts, tables, date="2021-05-01")
    assert expired(settings, 12) == ["old"]
    crimes = [{"crime_ref": "newer", "occurred_on": "2022-06-01"}]
    deliver_violent_crimes(settings.extracts, {"crimes": crimes}, date="2022-06-01")
    assert expired(settings, 12) == ["new", "of no crime", "old", "unread"]
