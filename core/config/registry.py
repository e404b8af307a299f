"""One registry for each kind of part: what there is, by name, and the code behind it.

A part is a frozen configuration and the function or class that it configures. A tag (``kind``, ``policy`` or
``protocol``) distinguishes the configurations of one kind. Everything that needs to know the parts of a kind asks its
registry: the unions of the configuration's fields (and so validation, the JSON schema, the reference and completion),
the cost model, and the code that runs a part. So a new part needs one registration only, inside the project

    @OPERATIONS.add("core.augment.operations.flip:random_flip")
    class Flip(OperationConfig): ...

and outside of it, at any time before a study is parsed:

    OPERATIONS.register(Vignette, vignette)

A file that a study names in ``uses`` does the latter; see ``core.config.own_code``.
"""

import importlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Generic, TypeVar, get_args

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from core.config.base import Config, default_tag, defined_configs
from core.config.own_code import drop_part, note_part, place_of

Part = TypeVar("Part", bound=Config)
Member = TypeVar("Member", bound=Config)
Code = str | Callable[..., Any]
"""A function or class, or its place as ``package.module:name``: configurations import without torch, and most code
needs it."""


_OF_BASE: dict[type[Config], "Registry[Any]"] = {}


class Registry(Generic[Part]):
    """The parts of one kind. Iterating over it yields their configuration classes, the default first.

    As metadata of an annotation, ``Annotated[OperationConfig, OPERATIONS]``, it makes the field a tagged union of all
    parts that are registered, now or later.
    """

    def __init__(self, what: str, base: type[Part], tag: str, default: str | None = None) -> None:
        """``what`` names the kind in messages, ``base`` is the base class of its configurations. ``default`` is the tag
        that applies where none is given."""
        self.what, self.base, self.tag, self.default = what, base, tag, default
        _OF_BASE[base] = self
        self._configs: dict[str, type[Part]] = {}
        self._code: dict[type[Config], Code | None] = {}
        self._imported: dict[type[Config], Any] = {}
        self._in_use = False
        """Whether a model already has a field of this kind, and must be rebuilt when the registry changes."""

    def __iter__(self) -> Iterator[type[Part]]:
        first = [self._configs[self.default]] if self.default in self._configs else []
        return iter(dict.fromkeys([*first, *self._configs.values()]))

    def __contains__(self, config: object) -> bool:
        return config in self._code

    def names(self) -> list[str]:
        """Return the tags of all parts, the default first."""
        return [self._tag_of(config) for config in self]

    def add(self, code: Code | None = None) -> Callable[[type[Member]], type[Member]]:
        """Return a class decorator that registers a configuration class with its code, if its kind has any."""

        def decorate(config: type[Member]) -> type[Member]:
            self.register(config, code)  # type: ignore[arg-type]  # Member is a Part, which typing cannot say
            return config

        return decorate

    def register(self, config: type[Part], code: Code | None = None) -> None:
        """Add a part. Raises ValueError where it is of another kind, or its tag is missing or taken."""
        if not issubclass(config, self.base):
            base = self.base.__name__
            raise ValueError(f"cannot register {config.__name__} as {self.what}: it is not a subclass of {base}")
        name = self._tag_of(config)
        if other := self._configs.get(name):
            place = place_of(self.what, name) or f"{other.__module__}.{other.__name__}"
            raise ValueError(f"{self.what} {name!r} exists already ({place}); give yours another name")
        self._configs[name] = config
        self._code[config] = code
        config.own_code = note_part(self.what, name, partial(self.remove, config))
        self._rebuild()

    def remove(self, config: type[Part]) -> None:
        """Take a part out again."""
        del self._configs[self._tag_of(config)], self._code[config]
        self._imported.pop(config, None)
        drop_part(self.what, self._tag_of(config))
        self._rebuild()

    def named(self, name: str) -> type[Part]:
        """Return the configuration class with that tag. Raises KeyError."""
        return self._configs[name]

    def code(self, config: Part | type[Part]) -> Any:
        """Return the function or class behind a configuration, and import it if necessary."""
        kind = config if isinstance(config, type) else type(config)
        if kind not in self._imported:
            self._imported[kind] = imported(self.source(kind))
        return self._imported[kind]

    def source(self, config: type[Part]) -> Code:
        """Return the code behind a configuration as it was registered, imported or not."""
        code = self._code[config]
        assert code is not None, f"{config.__name__} was registered without code"
        return code

    def _tag_of(self, config: type[Config]) -> str:
        field = config.model_fields.get(self.tag)
        if field is None or get_args(field.annotation) != (field.default,):
            raise ValueError(
                f"cannot register {config.__module__}.{config.__name__} as {self.what}: it needs a field "
                f'{self.tag}: Literal["its_name"] = "its_name"'
            )
        return str(field.default)

    def _rebuild(self) -> None:
        if self._in_use:
            rebuild_configs()

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        self._in_use = True
        choices = {self._tag_of(config): handler.generate_schema(config) for config in self}
        union = core_schema.tagged_union_schema(choices, discriminator=self.tag)
        if self.default is None:
            return union
        return core_schema.no_info_before_validator_function(default_tag(self.tag, self.default), union)


def parts_of(config: type[Any]) -> list[type[Any]]:
    """Return the configuration classes that a field of this type may have: all parts of a kind for its base class, else
    the class itself."""
    return list(_OF_BASE[config]) if config in _OF_BASE else [config]


def imported(code: Code) -> Callable[..., Any]:
    """Return the function or class itself."""
    if not isinstance(code, str):
        return code
    module, _, name = code.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def rebuild_configs() -> None:
    """Make every configuration class validate by the current content of the registries."""
    for config in defined_configs():
        config.model_rebuild(force=True)
