"""Keeping the searchable words of records and of the texts that hang on them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select

from itsm.kernel.db import session
from itsm.search import queries
from itsm.search.models import SearchDocument, SearchPart
from itsm.search.text import WORD, language_of, mark_of, normalised

LONGEST_NAMES = 500


@dataclass(frozen=True)
class Part:
    """A text that hangs on a record, to be indexed: `part` is `entry` or `file`, `shown` is kept to cut snippets from."""

    kind: str
    record_id: int
    part: str
    part_id: int
    public: bool
    texts: Sequence[str]
    shown: str = ""


def index_new(kind: str, record_id: int, *texts: str, names: Iterable[str] = ()) -> None:
    """Store the words of a record that was just made; one statement. `names` are found by any piece of them."""
    session.execute(insert(SearchDocument), [{"kind": kind, "record_id": record_id, **_facts(kind, texts, names)}])


def index(kind: str, record_id: int, *texts: str, names: Iterable[str] = ()) -> None:
    """Store or replace the words of a record."""
    document = queries.get_document(kind, record_id)
    if document is None:
        index_new(kind, record_id, *texts, names=names)
        return
    for name, value in _facts(kind, texts, names).items():
        setattr(document, name, value)
    session.flush()


@dataclass(frozen=True)
class Indexed:
    """The words of one record, to be indexed; `names` are found by any piece of them."""

    record_id: int
    texts: Sequence[str]
    names: Iterable[str] = ()


def index_all(kind: str, records: Sequence[Indexed]) -> None:
    """Store or replace the words of many records, whose rows the caller has locked; as many statements as for one."""
    ids = [each.record_id for each in records]
    known = select(SearchDocument).where(SearchDocument.kind == kind, SearchDocument.record_id.in_(ids))
    documents = {row.record_id: row for row in session.scalars(known)}
    new = []
    for each in records:
        facts = _facts(kind, each.texts, each.names)
        document = documents.get(each.record_id)
        if document is None:
            new.append({"kind": kind, "record_id": each.record_id, **facts})
            continue
        for name, value in facts.items():
            setattr(document, name, value)
    session.flush()
    if new:
        session.execute(insert(SearchDocument), new)


def index_parts(parts: Iterable[Part]) -> None:
    """Store the words of texts that are not indexed yet; one statement."""
    rows = [_row(each) for each in parts]
    if rows:
        session.execute(insert(SearchPart), rows)


def forget_parts(part: str, part_ids: Collection[int]) -> None:
    """Let texts leave the index."""
    if part_ids:
        session.execute(delete(SearchPart).where(SearchPart.part == part, SearchPart.part_id.in_(part_ids)))


def _row(each: Part) -> dict[str, Any]:
    words = _joined(each.texts)
    return {
        "kind": each.kind,
        "record_id": each.record_id,
        "part": each.part,
        "part_id": each.part_id,
        "public": each.public,
        "words": words,
        "text": each.shown,
        "language": language_of(words),
    }


def _facts(kind: str, texts: Sequence[str], names: Iterable[str]) -> dict[str, str]:
    words = _joined(texts)
    known = " ".join(normalised(name).strip() for name in names if name)
    return {"words": f"{mark_of(kind)} {words}".strip(), "language": language_of(words), "names": known[:LONGEST_NAMES]}


def _joined(texts: Sequence[str]) -> str:
    # Words only: a database's own parser would drop what looks like a tag, and keep host names in one piece.
    return " ".join(WORD.findall(normalised(" ".join(text for text in texts if text))))
