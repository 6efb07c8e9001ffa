"""Generated documentation: pages in `docs/`, and dbt's own site."""

from __future__ import annotations

import sys

from linkage.base.errors import LinkageError
from linkage.base.settings import (
    RunSettings,
    default_extracts,
    default_warehouse,
    set_quiet_environment,
)
from linkage.cli.rule_map import PAGE, rule_map
from linkage.report.data_dictionary import DICTIONARY, data_dictionary
from linkage.report.reconciliation import PAGE as RECONCILIATION
from linkage.report.reconciliation import reconciliation_page

GENERATED = {
    DICTIONARY: data_dictionary,
    PAGE: rule_map,
    RECONCILIATION: reconciliation_page,
}


def main() -> int:
    """Write the generated pages and dbt's static site; every error is one line."""
    set_quiet_environment()
    from orchestration.dbt_project import generate_site

    try:
        settings = RunSettings(
            source="cris",
            extracts=default_extracts("cris"),
            warehouse=default_warehouse("cris"),
            by_hand=True,
        )
        for page, content in GENERATED.items():
            page.write_text(content(), encoding="utf-8")
        settings.build_folder.mkdir(parents=True, exist_ok=True)
        site = generate_site(settings)
    except LinkageError as error:
        print(f"docs: {error}", file=sys.stderr)
        return error.exit_status
    sys.stdout.write("\n".join(map(str, [*GENERATED, site])) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
