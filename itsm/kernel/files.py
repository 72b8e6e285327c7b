"""Content-addressed file store: a file is kept once under the SHA-256 of its bytes, never under a name from outside."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

import fsspec
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel import clock
from itsm.kernel.db import Base, BigId, session
from itsm.kernel.runtime import settings


class StoredFile(Base):
    """One stored content; `size_bytes` is its length."""

    __tablename__ = "stored_file"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    size_bytes: Mapped[int] = mapped_column(BigId)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


def _path(sha256: str) -> str:
    return str(Path(settings().data_dir) / "files" / sha256[:2] / sha256[2:4] / sha256)


def store(content: bytes) -> str:
    """Keep `content` and answer its SHA-256 in hex; storing the same bytes again costs nothing.

    The bytes are written before the row: a rollback leaves at most a file nobody refers to, never a row without a file.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    if session.get(StoredFile, sha256) is None:
        filesystem = fsspec.filesystem("file", auto_mkdir=True)
        path = _path(sha256)
        if not filesystem.exists(path):
            with filesystem.open(path, "wb") as target:
                target.write(content)
        session.add(StoredFile(sha256=sha256, size_bytes=len(content)))
        session.flush()
    return sha256


def open_file(sha256: str) -> BinaryIO:
    """The stored bytes as an open file; raises `FileNotFoundError` when they are gone."""
    return cast(BinaryIO, fsspec.filesystem("file").open(_path(sha256), "rb"))


def read(sha256: str) -> bytes:
    """All stored bytes of a file."""
    with open_file(sha256) as source:
        return source.read()
