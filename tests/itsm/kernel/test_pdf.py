"""PDF documents that screen readers can read."""

import io

import pdfplumber

from itsm.kernel.pdf import render_pdf

PAGE = """<html lang="fa" dir="rtl"><head><title>گزارش ماه</title></head>
<body><h1>گزارش</h1><p>متن</p><table><tr><th>ماه</th></tr><tr><td>۱</td></tr></table></body></html>"""


def test_a_document_is_tagged_with_its_title_and_language() -> None:
    with pdfplumber.open(io.BytesIO(render_pdf(PAGE))) as document:
        catalog = document.doc.catalog
        tree = document.structure_tree
    assert (catalog["Lang"], catalog["MarkInfo"]) == (b"fa", {"Marked": True})
    assert catalog["ViewerPreferences"] == {"DisplayDocTitle": True}
    assert document.metadata["Title"] == "گزارش ماه"
    assert {"H1", "P", "Table", "TH", "TD"} <= set(types_in(tree))


def types_in(elements: list[dict[str, object]]) -> list[str]:
    found = []
    for element in elements:
        children = element.get("children", [])
        assert isinstance(children, list)
        found += [str(element["type"]), *types_in(children)]
    return found
