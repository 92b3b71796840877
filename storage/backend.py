"""What one kind of database does in its own way: the contract of its module.

`storage.sqlite` and `storage.postgresql` keep it; `storage.database` is all that they share.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy import exc

from storage.errors import DatabaseError


class Backend(Protocol):
    @property
    def name(self) -> str:
        """For people: the URL without its password."""

    @property
    def engine(self) -> sa.Engine: ...

    def identity(self) -> object:
        """What a connection made now would lead to; None where there is nothing."""

    def make_place(self) -> None:
        """What must be there before the first connection."""

    def begin(self, connection: sa.Connection, *, writing: bool) -> AbstractContextManager[object]:
        """A transaction: one unchanging view to read, or the only one that writes."""

    def unhurried(self, connection: sa.Connection) -> AbstractContextManager[None]:
        """Inside, a statement may take as long as it takes: for migrations."""

    def check(self, connection: sa.Connection) -> None:
        """Read all of it.

        Raises:
            DatabaseError: what is damaged.
        """

    def fault(self, error: exc.DBAPIError) -> DatabaseError:
        """What a driver's error means for us."""
