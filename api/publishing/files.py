"""All files of a publication, made of released tables and nothing else."""

from collections.abc import Iterator, Sequence

from api.publishing.charts import chart
from api.publishing.drawn import charts_of
from api.publishing.findings import find_patterns, findings_csv
from api.publishing.pages import contents_page, table_page
from api.publishing.tidy import file_name, tidy_csv
from api.publishing.workbook import workbook
from linkage.register.released import ReleasedTable
from linkage.register.statistics.published import Beside, LinkedShares, group_tables

__all__ = ["publication"]


def publication(tables: Sequence[ReleasedTable], beside: Beside) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of every file: CSV, charts, page of each table, a workbook, the contents."""
    groups = group_tables(tables)
    linked = LinkedShares(groups)
    for group in groups:
        charts = [(drawn, chart(drawn)) for drawn in charts_of(group)]
        yield file_name(group, "csv"), tidy_csv(group, beside, linked)
        for drawn, svg in charts:
            yield file_name(group, "svg", drawn.name), svg.encode()
        yield file_name(group, "html"), table_page(group, beside, linked, charts).encode()
    findings = find_patterns(groups, beside)
    if findings is not None:
        yield "patterns.csv", findings_csv(findings.lines)
    yield "tables.xlsx", workbook(groups, beside, findings)
    yield "index.html", contents_page(groups, beside, findings).encode()
