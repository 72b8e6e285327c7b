"""A layered CMDB for load data."""

import random
from typing import Any

from sqlalchemy import select

from cmdb.models import Ci, CiClass, Relation
from itsm.kernel.db import session, unit_of_work
from itsm.search.models import SearchDocument
from itsm.search.text import WORD, mark_of
from itsm.seeding.writing import BATCH, follow_ids, next_id, write

RELATIONS_A_CI = 3
LAYERS = (  # share of all CIs, class, relation to the layer below
    (0.02, "business_service", "depends_on"),
    (0.10, "application", "runs_on"),
    (0.25, "virtual_machine", "virtualised_by"),
    (0.10, "server", "connects_to"),
    (0.03, "switch", "connects_to"),
    (0.50, "pc", "connects_to"),
)


def add_cis(dice: random.Random, number: int) -> None:
    """A layered CMDB with about three relations a CI."""
    with unit_of_work():
        classes = {row.key: row.id for row in session.scalars(select(CiClass))}
        first = next_id(Ci)
    layers = _layers(first, number)
    for class_key, ids, _relation in layers:
        with unit_of_work():
            rows = [_ci(class_key, classes[class_key], ci_id) for ci_id in ids]
            write(Ci, rows)
            write(SearchDocument, [_document(row) for row in rows])
            follow_ids(Ci)
    for position, (_class_key, ids, relation) in enumerate(layers):
        suppliers = _suppliers(layers, position)
        for start in range(0, len(ids), BATCH):
            with unit_of_work():
                write(Relation, _relations(dice, ids[start : start + BATCH], suppliers, relation))


def _layers(first: int, number: int) -> list[tuple[str, range, str]]:
    layers, start = [], first
    for position, (share, class_key, relation) in enumerate(LAYERS):
        count = number - (start - first) if position == len(LAYERS) - 1 else max(1, int(number * share))
        layers.append((class_key, range(start, start + count), relation))
        start += count
    return layers


def _suppliers(layers: list[tuple[str, range, str]], position: int) -> range:
    """The layer below; PCs hang on the switches, switches on one another (towards lower ids, so that no circle forms)."""
    return layers[4][1] if position >= 4 else layers[position + 1][1]


def _ci(class_key: str, class_id: int, ci_id: int) -> dict[str, Any]:
    name = f"{class_key.replace('_', '-')}-{ci_id}"
    return {
        "id": ci_id,
        "class_id": class_id,
        "class_key": class_key,
        "name": name,
        "name_key": name,
        "attributes": {},
        "origin": "seed",
    }


def _document(row: dict[str, Any]) -> dict[str, Any]:
    words = " ".join(WORD.findall(row["name"]))
    return {"kind": "ci", "record_id": row["id"], "words": f"{mark_of('ci')} {words}", "names": row["name"]}


def _relations(dice: random.Random, ids: range, suppliers: range, relation: str) -> list[dict[str, Any]]:
    found = set()
    for ci_id in ids:
        for _each in range(RELATIONS_A_CI):
            target = suppliers.start + int(len(suppliers) * dice.random() ** 2)
            if target == ci_id or (ci_id in suppliers and target > ci_id):
                continue
            found.add((ci_id, target))
    return [
        {"source_id": source, "target_id": target, "type_key": relation, "origin": "seed"}
        for source, target in sorted(found)
    ]
