"""Registries of things that have a name and no settings, such as metrics and known data sets."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Generic, TypeVar

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from core.config.own_code import drop_part, note_part, place_of
from core.config.registry import rebuild_configs

Entry = TypeVar("Entry")


class Names(Mapping[str, Entry], Generic[Entry]):
    """Entries for the things of one kind, by name.

    As metadata of an annotation, ``Annotated[str, METRICS]``, it restricts the field to the names that are registered,
    now or later.
    """

    def __init__(self, what: str) -> None:
        """``what`` names the kind in messages."""
        self.what = what
        self._entries: dict[str, Entry] = {}
        self._in_use = False
        """Whether a model already has a field of this kind, and must be rebuilt when the registry changes."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__  # annotations are hashed

    def __getitem__(self, name: str) -> Entry:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def register(self, name: str, entry: Entry) -> None:
        """Add a thing. Raises ValueError where the name is taken."""
        if name in self._entries:
            place = place_of(self.what, name)
            told = f"exists already ({place})" if place else "exists already"
            raise ValueError(f"{self.what} {name!r} {told}; give yours another name")
        self._entries[name] = entry
        note_part(self.what, name, partial(self.remove, name))
        self._rebuild()

    def remove(self, name: str) -> None:
        """Take a thing out again."""
        del self._entries[name]
        drop_part(self.what, name)
        self._rebuild()

    def _rebuild(self) -> None:
        if self._in_use:
            rebuild_configs()

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        self._in_use = True
        return core_schema.literal_schema(list(self._entries))
