"""The report site in a real browser, and every byte of it against the release."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from filelock import FileLock

from linkage.base.errors import LinkageError
from linkage.base.settings import PROJECT, RunSettings
from linkage.report.site.picture import write_picture
from linkage.report.site.write import ASSETS, site_files, write_site
from tests.driver_rows import Row, estimate_row, inputs, model_row, term_row
from tests.running import PublishedRun, frame, rows, run_linkage

sync_api = pytest.importorskip("playwright.sync_api")

CHROMIUM = shutil.which("chromium")
in_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium (tests/install_chromium.sh)"
)
AXE = PROJECT / "tests" / "page_assets" / "axe.min.js"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
PAGES = [
    "index",
    "places",
    "people",
    "timing",
    "drivers",
    "model-3",
    "quality",
    "oversight",
    "method",
    "dictionary",
]
SIZES = [(width, scheme) for width in (1440, 820, 390) for scheme in ("light", "dark")]
Page = Any


@pytest.fixture(scope="module")
def settings(drivers_published: PublishedRun, shared: Path) -> RunSettings:
    """A copy that may have a site beside it."""
    folder = shared / "report_site"
    warehouse = folder / "cris.duckdb"
    with FileLock(folder.with_suffix(".lock")):
        if not warehouse.exists():
            folder.mkdir()
            shutil.copyfile(drivers_published.path, warehouse)
    return RunSettings("cris", drivers_published.settings.extracts, warehouse)


@pytest.fixture(scope="module")
def site(settings: RunSettings) -> Path:
    """The site that `linkage report` writes of 12,000 simulated cases."""
    done = run_linkage("report", "--warehouse", settings.warehouse)
    assert done.returncode == 0, done.stderr
    assert str(settings.site / "index.html") in done.stdout
    return settings.site


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        yield started
        started.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Page]:
    """A page that keeps what went wrong in `page.problems`."""
    context = browser.new_context(accept_downloads=True)
    yield watched(context.new_page())
    context.close()


def watched(page: Page) -> Page:
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on(
        "console",
        lambda stated: (
            page.problems.append(stated.text)
            if stated.type in ("error", "warning")
            else None
        ),
    )
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("file://", "data:", "blob:file"))
            else page.problems.append(request.url)
        ),
    )
    return page


def opened(page: Page, site: Path, name: str, hash_: str = "") -> Page:
    # From one state of a page to another the browser does not load it again.
    page.goto("about:blank")
    page.goto(f"{(site / name).as_uri()}.html{hash_}")
    page.wait_for_selector("html[data-ready]", state="attached")
    return page


def data_of(site: Path, name: str) -> dict[str, Any]:
    text = (site / f"{name}.html").read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text)
    assert found is not None
    return {one["name"]: one for one in json.loads(found[1])["figures"]}


def table_of(site: Path, name: str, figure: str) -> pd.DataFrame:
    """The rows of a figure as the scripts have them."""
    found = data_of(site, name)[figure]
    return pd.DataFrame(found["rows"], columns=[one[0] for one in found["columns"]])


@in_browser
@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_every_page_is_whole_and_accessible(
    browser: Any, site: Path, width: int, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    page = watched(context.new_page())
    for name in PAGES if (width, scheme) == SIZES[0] else PAGES[:-1]:
        assert_whole_and_accessible(opened(page, site, name), name)
        assert "SIMULATED" in page.locator("main").inner_text(), name
    context.close()


def assert_whole_and_accessible(page: Page, name: str) -> None:
    assert page.problems == [], name
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
        f"{name} is wider than the window"
    )
    for chart in page.locator(".chart").all():
        assert chart.locator("svg").count() or "Nothing to draw" in chart.inner_text()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "standards => axe.run("
        "{runOnly: {type: 'tag', values: standards}, preload: false})",
        STANDARDS,
    )
    assert [
        (one["id"], one["nodes"][0]["html"]) for one in found["violations"]
    ] == [], name


@in_browser
@pytest.mark.parametrize(
    ("published_run", "page_name", "study"),
    [
        ("violent_crime_published", "violent-crime", "Violent crime"),
        ("national_published", "national", "National outcomes"),
    ],
)
def test_the_page_of_another_study_is_whole_and_accessible(
    browser: Any,
    published_run: str,
    page_name: str,
    study: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    run: PublishedRun = request.getfixturevalue(published_run)
    is_simulated = "SIMULATED" in run.stdout
    shutil.copyfile(run.path, tmp_path / run.path.name)
    settings = replace(run.settings, warehouse=tmp_path / run.path.name)
    site = write_site(settings)
    for width, scheme in (SIZES[0], SIZES[-1]):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        page = watched(context.new_page())
        models = [path.stem for path in site.index.parent.glob("model-*.html")]
        assert len(models) == (2 if page_name == "violent-crime" else 0)
        for name in ("index", page_name, *models):
            assert_whole_and_accessible(opened(page, site.index.parent, name), name)
            stated = page.locator("main").inner_text()
            assert ("SIMULATED" in stated) == is_simulated, name
            assert page.locator(".site").inner_text() == study
            assert "is not published" not in stated
        context.close()


@in_browser
def test_the_number_in_the_chart_is_the_number_in_the_warehouse(
    page: Page, site: Path, settings: RunSettings
) -> None:
    opened(page, site, "index")
    drawn = page.evaluate(
        """() => {
          const svg = document.querySelector('#areas .chart svg'), x = svg.scale('x');
          return [...svg.querySelectorAll('[aria-label="dot"] > *')]
            .map((dot) => x.invert(dot.cx.baseVal.value));
        }"""
    )
    known = frame(
        settings.warehouse,
        "select crime_area, cases, withdrawals from marts.withdrawal_rates "
        "where dimension = 'all'",
    ).set_index("crime_area")
    shown = table_of(site, "index", "areas").dropna(subset="withdrawal_rate")
    assert len(drawn) == len(shown) > 8
    for at, row in zip(drawn, shown.to_dict("records"), strict=True):
        cases, withdrawals = known.loc[row["crime_area"]]
        assert at == pytest.approx(row["withdrawal_rate"], abs=5e-4)
        assert abs(row["cases"] - cases) < 5
        assert abs(row["withdrawals"] - withdrawals) < 5
        assert at == pytest.approx(withdrawals / cases, abs=9 / cases + 6e-4)


@in_browser
def test_every_table_says_what_its_chart_is_drawn_from(page: Page, site: Path) -> None:
    opened(page, site, "places")
    html = (site / "places.html").read_text(encoding="utf-8")
    # Before the scripts ran it was the same, cell by cell.
    start = html.index("<tbody>", html.index('id="places"'))
    cells = re.findall(
        r"<td[^>]*>(.*?)</td>", html[start : html.index("</tbody>", start)]
    )
    page.locator("#places details").evaluate("one => { one.open = true }")
    shown = page.locator("#places tbody td").all_inner_texts()
    assert shown == [cell.replace("&#39;", "'") for cell in cells]
    drawn = page.locator("#places svg [aria-label=text] text").all_text_contents()
    rates = table_of(site, "places", "places").dropna(subset="withdrawal_rate")
    signs = {"higher": " ▲", "lower": " ▼"}
    texts = [text for text in drawn if "%" in text]
    for text, row in zip(texts, rates.to_dict("records"), strict=True):
        number, _, sign = text.partition("%")
        assert float(number) == pytest.approx(row["withdrawal_rate"] * 100, abs=0.501)
        assert sign == signs.get(row["significance"], "")


@in_browser
@pytest.mark.parametrize(
    ("name", "figure", "category"),
    [("timing", "bands", "area"), ("index", "outcomes", "crime_area")],
)
def test_each_bar_of_shares_is_whole_and_hatched_where_something_is_not_shown(
    page: Page, site: Path, name: str, figure: str, category: str
) -> None:
    opened(page, site, name)
    bars = page.evaluate(
        """figure => {
          const svg = document.querySelector(`#${figure} .chart svg`);
          const x = svg.scale('x');
          return [...svg.querySelectorAll('[aria-label="rect"] > rect')].map((one) => {
            const [at, width] = [one.x.baseVal.value, one.width.baseVal.value];
            return {
              y: Math.round(one.y.baseVal.value), from: x.invert(at),
              to: x.invert(at + width), is_hatched: one.closest('.not-shown') !== null,
            };
          });
        }""",
        figure,
    )
    shown = table_of(site, name, figure).groupby(category, sort=False)["share"]
    by_bar = pd.DataFrame(bars).sort_values(["y", "from"]).groupby("y")
    assert len(by_bar) == len(shown) > 10
    hidden = 0
    for (_, drawn), (area, shares) in zip(by_bar, shown, strict=True):
        assert drawn["from"].iloc[0] == pytest.approx(0, abs=2e-3), area
        assert drawn["to"].iloc[-1] == pytest.approx(1, abs=2e-3), area
        assert drawn["to"].iloc[:-1].tolist() == pytest.approx(
            drawn["from"].iloc[1:].tolist(), abs=2e-3
        ), area
        assert drawn["is_hatched"].tolist() == [
            *[False] * int((shares > 0).sum()),
            *[True] * int(shares.isna().any()),
        ], area
        hidden += bool(shares.isna().any())
    key = page.locator(f"#{figure} .legend").inner_text()
    assert hidden > 0
    assert "fewer than 10, or too few for a share" in key
    assert (
        page.locator(f"#{figure} > .note")
        .inner_text()
        .startswith("Each bar is drawn as a whole.")
    )


@in_browser
def test_filters_choose_rows_and_stay_in_the_address(page: Page, site: Path) -> None:
    opened(page, site, "places")
    assert "All crime" in page.locator("#bcus .sentence").inner_text()
    page.select_option("select[name=area]", "Domestic abuse")
    page.select_option("select[name=bcu]", "South Area")
    sentences = data_of(site, "places")["bcus"]["sentences"]
    assert page.locator("#bcus .sentence").inner_text() == sentences["Domestic abuse"]
    page.locator("#bcus details").evaluate("one => { one.open = true }")
    assert set(page.locator("#bcus tbody td:first-child").all_inner_texts()) == {
        "Domestic abuse"
    }
    address = page.url
    assert "area=Domestic+abuse" in address
    assert "bcu=South+Area" in address
    page.get_by_role("link", name="Timing").click()
    page.wait_for_selector("html[data-ready]", state="attached")
    assert page.locator("select[name=area]").input_value() == "Domestic abuse"
    assert "Domestic abuse" in page.locator("#curve .sentence").inner_text()
    opened(page, site, "places", "#" + address.partition("#")[2])
    assert page.locator("select[name=bcu]").input_value() == "South Area"
    page.get_by_role("button", name="Reset").click()
    assert page.locator("select[name=area]").input_value() == "All crime"
    assert "#" not in page.url
    opened(page, site, "places", "#area=%3Cimg%20src=x%3E")
    assert page.locator("select[name=area]").input_value() == "All crime"
    opened(page, site, "oversight", "#period=2021-Q3")
    page.locator("#control details").evaluate("one => { one.open = true }")
    assert page.locator("#control tbody td:nth-child(3)").all_inner_texts() == [
        "Jul 2021",
        "Aug 2021",
        "Sep 2021",
    ]
    assert page.problems == []


@in_browser
def test_a_model_is_compared_with_the_one_that_is_chosen(
    page: Page, site: Path
) -> None:
    opened(page, site, "model-17", "#other=18&sort=strength")
    assert page.locator("h1").inner_text().startswith("Model 17:")
    sentences = data_of(site, "model-17")["comparison"]["sentences"]
    assert page.locator("#comparison .sentence").inner_text() == sentences["18"]
    ratios = {
        name: table_of(site, f"model-{name}", "forest").dropna(subset="odds_ratio")
        for name in ("17", "18")
    }
    both = ratios["17"].merge(ratios["18"], on=["label", "reference"])
    page.locator("#comparison details").evaluate("one => { one.open = true }")
    shown = page.locator("#comparison tbody tr")
    assert shown.count() == len(both) > 10
    found = {
        (row[0], row[1]): (row[3], row[7])
        for row in (one.locator("td").all_inner_texts() for one in shown.all())
    }
    for row in both.to_dict("records"):
        assert found[row["label"], row["reference"]] == (
            f"{row['odds_ratio_x']:.2f}",
            f"{row['odds_ratio_y']:.2f}",
        )
    dots = page.locator('#forest svg [aria-label="dot"] > *').count()
    assert dots == len(ratios["17"])
    page.goto(f"{(site / 'drivers.html').as_uri()}")
    page.wait_for_selector("html[data-ready]", state="attached")
    page.get_by_role("link", name="18", exact=True).click()
    assert page.locator("h1").inner_text().startswith("Model 18:")


@in_browser
def test_signals_funnel_and_maturity_are_those_of_the_release(
    page: Page, site: Path, settings: RunSettings
) -> None:
    known = frame(
        settings.warehouse,
        "select crime_area, bcu, position from release.withdrawal_funnel",
    ).set_index(["crime_area", "bcu"])["position"]
    funnel = table_of(site, "places", "funnel")
    assert len(funnel) == len(known) > 10
    for row in funnel.to_dict("records"):
        assert row["position"] == known[row["area"], row["category"]]
    opened(page, site, "places")
    shown = funnel[(funnel["area"] == "All crime") & funnel["adjusted_rate"].notna()]
    dots = page.locator('#funnel svg [aria-label="dot"] > *').count()
    assert dots == len(shown) > 5
    signals = rows(
        settings.warehouse, "select count(*) from release.withdrawal_signals"
    )
    assert [(len(table_of(site, "oversight", "signals")),)] == signals
    months = table_of(site, "oversight", "maturity")
    assert len(months) >= 12
    opened(page, site, "oversight")
    assert page.locator("#control .chart svg").count() == 1
    assert page.locator("#maturity .chart svg").count() == 1
    assert "expected" in page.locator("#control .legend").inner_text()


# Forest plots of hand-made rows -------------------------------------------------------

TERMS = [
    estimate_row("crime_type", 3.2, "Rape", reference_category="Other violence"),
    estimate_row("crime_type", 1.05, "Robbery", is_significant=False),
    estimate_row("suspect_arrested_on_scene", 1 / 2.6),
    estimate_row("suspect_disability", 2.6),
    estimate_row("victim_injured", 1 / 1.6),
    term_row("venue_type", "Unknown", note="a combination of other columns"),
]


def site_of(folder: Path, terms: Sequence[Row], *, is_simulated: bool = False) -> Path:
    """A site of one model."""
    files = site_files(
        inputs([model_row()], terms, is_simulated=is_simulated), pytest.fail
    )
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    for path in ASSETS.iterdir():
        shutil.copyfile(path, folder / path.name)
    return folder


def forest_of(page: Page, folder: Path, sort: str) -> dict[str, tuple[float, str]]:
    """Where each odds ratio is drawn across, less the middle, and its outline."""
    opened(page, folder, "model-12", f"#sort={sort}")
    drawn: list[list[Any]] = page.evaluate(
        """() => {
          const svg = document.querySelector('#forest .chart svg');
          const middle = svg.scale('x').apply(1);
          const place = (one) => {
            const box = one.getBBox(), at = one.transform.baseVal.consolidate()?.matrix;
            return [(at?.e ?? 0) + box.x + box.width / 2 - middle,
                    (at?.f ?? 0) + box.y + box.height / 2];
          };
          const marks = [...svg.querySelectorAll('[aria-label="dot"] > *')]
            .map((one) => [place(one), one.tagName + (one.getAttribute('d') ?? '')
              + (one.getAttribute('transform') ?? '').replace(/translate[^)]*./, '')]);
          return marks.map(([[x, y], shape]) => [x, y, shape]);
        }"""
    )
    order = table_of(folder, "model-12", "forest").dropna(subset="odds_ratio")
    if sort != "variable":
        order = order.sort_values("odds_ratio", ascending=False)
    if sort == "significant":
        order = order[order["is_significant"]]
    drawn.sort(key=lambda one: one[1])
    assert len(drawn) == len(order)
    return {
        label: (x, shape)
        for label, (x, _, shape) in zip(order["label"], drawn, strict=True)
    }


@in_browser
def test_less_likely_is_left_and_equal_strength_equally_far(
    page: Page, tmp_path: Path
) -> None:
    marks = forest_of(page, site_of(tmp_path, TERMS), "strength")
    at = {label: x for label, (x, _) in marks.items()}
    assert at["Suspect arrested on scene"] < 0 < at["Crime type: Rape"]
    assert at["Victim injured"] < 0
    assert at["Suspect disability"] == pytest.approx(
        -at["Suspect arrested on scene"], rel=0.02
    )
    shapes = {label: shape for label, (_, shape) in marks.items()}
    more, less = shapes["Crime type: Rape"], shapes["Victim injured"]
    assert len({more, less, shapes["Crime type: Robbery"]}) == 3
    assert shapes["Suspect disability"] == more
    assert shapes["Suspect arrested on scene"] == less
    assert page.problems == []


@in_browser
def test_at_first_only_what_is_significant_is_drawn(page: Page, tmp_path: Path) -> None:
    folder = site_of(tmp_path, TERMS)
    assert set(forest_of(page, folder, "significant")) == {
        "Crime type: Rape",
        "Suspect arrested on scene",
        "Suspect disability",
        "Victim injured",
    }
    texts = page.locator("#forest .chart svg").text_content() or ""
    assert "3.2x more likely" in texts
    assert "Crime type: Rape (against Other violence)" in texts
    assert "Robbery" not in texts


@in_browser
def test_an_interval_beyond_the_axis_ends_in_an_arrow(
    page: Page, tmp_path: Path
) -> None:
    wide = estimate_row("hate_crime_flag", 20.0, ci_low=0.9, ci_high=900.0)
    forest_of(page, site_of(tmp_path, [wide]), "strength")
    assert "the interval goes on" in page.locator("#forest .legend").inner_text()
    forest_of(page, site_of(tmp_path, TERMS), "strength")
    assert "goes on" not in page.locator("#forest .legend").inner_text()


# Downloads ----------------------------------------------------------------------------


def downloaded(page: Page, figure: str, kind: str) -> bytes:
    with page.expect_download() as started:
        page.locator(f"#{figure} .downloads [data-kind={kind}]").click()
    assert started.value.suggested_filename.endswith(f".{kind}")
    return Path(started.value.path()).read_bytes()


@in_browser
@pytest.mark.parametrize(
    ("name", "figure"),
    [("model-3", "forest"), ("model-3", "printed"), ("oversight", "control")],
)
def test_a_picture_stands_alone_in_plain_colours(
    page: Page, site: Path, name: str, figure: str
) -> None:
    opened(page, site, name)
    svg = downloaded(page, figure, "svg").decode()
    root = ElementTree.fromstring(svg)
    texts = [
        "".join(one.itertext()) for one in root.iter("{http://www.w3.org/2000/svg}text")
    ]
    assert page.locator("h1").inner_text() in " ".join(texts)
    assert "SIMULATED" in texts
    assert any("Counts are rounded at random" in one for one in texts)
    assert "var(" not in svg
    assert not re.search(r"(?:href|src)=\"(?!#)", svg)
    described = root.findtext("{http://www.w3.org/2000/svg}desc")
    assert described == page.locator(f"#{figure} .sentence").inner_text()
    png = downloaded(page, figure, "png")
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20]) == 2 * int(root.get("width", "0"))
    assert page.problems == []


@in_browser
def test_the_picture_command_writes_what_the_page_downloads(
    page: Page, site: Path, settings: RunSettings, tmp_path: Path
) -> None:
    opened(page, site, "model-3")
    written = tmp_path / "model.svg"
    done = run_linkage(
        *("picture", "model-3", "--out", written, "--warehouse", settings.warehouse)
    )
    assert done.returncode == 0, done.stderr
    assert written.read_bytes() == downloaded(page, "forest", "svg")
    write_picture(settings, "places#area=Domestic+abuse", "bcus", tmp_path / "bcus.png")
    assert (tmp_path / "bcus.png").read_bytes().startswith(b"\x89PNG")
    for wrong, figure, message in (
        ("model-99", "", "no such page"),
        ("model-3", "weather", "no chart weather"),
    ):
        with pytest.raises(LinkageError, match=message):
            write_picture(settings, wrong, figure, tmp_path / "none.svg")
    with pytest.raises(LinkageError, match="name a file that ends"):
        write_picture(settings, "model-3", "", tmp_path / "none.pdf")


@in_browser
@pytest.mark.parametrize(
    ("name", "figure"), [("index", "areas"), ("oversight", "control")]
)
def test_a_download_holds_what_is_shown(
    page: Page, site: Path, name: str, figure: str
) -> None:
    opened(page, site, name, "#area=Domestic+abuse")
    page.locator(f"#{figure} details").evaluate("one => { one.open = true }")
    text = downloaded(page, figure, "csv").decode()
    head, *lines = list(csv.reader(io.StringIO(text)))
    assert head[:-2] == [
        one.strip() for one in page.locator(f"#{figure} thead th").all_inner_texts()
    ]
    shown = [
        row.locator("td").all_inner_texts()
        for row in page.locator(f"#{figure} tbody tr").all()
    ]
    assert len(lines) == len(shown) > 5
    for line, cells in zip(lines, shown, strict=True):
        assert line[-2:] == ["SIMULATED", "1"]
        for value, cell in zip(line[:-2], cells, strict=True):
            if cell.endswith("%"):
                assert f"{float(value) * 100:.1f}%" == cell
            elif cell != "\N{EN DASH}" and not re.fullmatch(r"\w{3} \d{4}", cell):
                assert value == cell.replace(",", "")


@in_browser
def test_the_keyboard_reads_a_chart(page: Page, site: Path) -> None:
    opened(page, site, "index")
    chart = page.locator("#areas .chart")
    assert "All crime" not in page.locator("#areas .readout").inner_text()
    chart.focus()
    chart.press("ArrowDown")
    stated = page.locator("#areas .readout").inner_text()
    first = table_of(site, "index", "areas").iloc[0]
    assert stated.startswith(f"Crime area: All crime; Cases: {first['cases']:,.0f}")
    assert chart.get_attribute("role") == "img"
    sentence = page.locator("#areas .sentence").inner_text()
    assert sentence in (chart.get_attribute("aria-label") or "")


@in_browser
def test_a_page_prints_with_its_tables(page: Page, site: Path) -> None:
    opened(page, site, "index")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details:not([open])").count() > 0
    assert len(page.pdf()) > 10_000


@in_browser
def test_a_model_prints_on_two_sheets(page: Page, site: Path) -> None:
    for path in site.glob("model-*.html"):
        opened(page, site, path.stem)
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        sheets = re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))
        assert 1 <= len(sheets) <= 2, path.stem


def test_nothing_personal_is_in_any_byte(site: Path, settings: RunSettings) -> None:
    content = b"\n".join(path.read_bytes() for path in site.rglob("*"))
    refs = [
        ref
        for table in ("marts.all_offences", "quality.exceptions")
        for (ref,) in rows(
            settings.warehouse, f"select distinct crime_ref from {table}"
        )
    ]
    assert len(refs) > 10_000
    words = set(re.findall(rb"[\w/-]+", content))
    assert not {ref.encode() for ref in refs} & words
    assert str(settings.warehouse.parent).encode() not in content


def test_no_count_is_small_or_exact(site: Path) -> None:
    counts = []
    for path in site.glob("*.html"):
        for figure in data_of(site, path.stem).values():
            for at, (name, _, kind) in enumerate(figure["columns"]):
                if kind == "count" and name != "months":
                    counts += [row[at] for row in figure["rows"] if row[at] is not None]
    numbers = [one for one in counts if one != "fewer than 10"]
    assert len(numbers) > 2_000
    assert len(counts) > len(numbers)
    assert [one for one in numbers if one < 10 or one % 5] == []


def test_the_site_shows_what_is_released(site: Path, settings: RunSettings) -> None:
    released = frame(
        settings.warehouse,
        "select crime_area as area, dimension, category, cases, withdrawals, "
        "withdrawal_rate, significance from release.withdrawal_rates",
    )
    for name, figure, dimension in (
        ("places", "map", "borough"),
        ("places", "bcus", "bcu"),
    ):
        own = released[released["dimension"] == dimension]
        shown = table_of(site, name, figure).merge(
            own, on=["area", "category"], suffixes=("", "_released")
        )
        assert len(shown) > 50
        for column in ("cases", "withdrawals", "withdrawal_rate", "significance"):
            there = shown[f"{column}_released"]
            missing = shown[column].isna() | shown[column].eq("fewer than 10")
            assert (missing == there.isna()).all()
            assert (shown[column][~missing] == there[~missing]).all()


def test_looking_leaves_nothing_but_the_site(site: Path, settings: RunSettings) -> None:
    before = settings.warehouse.read_bytes()
    beside = {path.name for path in settings.warehouse.parent.iterdir()}
    write_site(settings)
    assert settings.warehouse.read_bytes() == before
    assert {path.name for path in settings.warehouse.parent.iterdir()} == beside


def test_each_page_is_small_enough_to_load_at_once(site: Path) -> None:
    text = (site / "index.html").read_text(encoding="utf-8")
    loaded = [*re.findall(r'(?:src|href)="([^":]+\.(?:js|css))"', text), "index.html"]
    assert len(loaded) == 5
    assert sum((site / name).stat().st_size for name in loaded) < 1_000_000


def test_the_same_publication_gives_the_same_site(
    site: Path, settings: RunSettings, tmp_path: Path
) -> None:
    before = {path.name: path.read_bytes() for path in site.iterdir()}
    write_site(settings)
    assert {path.name: path.read_bytes() for path in site.iterdir()} == before
    assert not list(site.parent.glob("*.coming"))


def test_nothing_but_a_site_is_replaced(settings: RunSettings, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(LinkageError, match="other than a report site"):
        write_site(settings, tmp_path)
    assert (tmp_path / "letter.txt").read_text(encoding="utf-8") == "mine"
