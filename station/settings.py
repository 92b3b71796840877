"""Everything an operator can set, with its default and unit: `station.toml`, environment on top.

`LATENTFM_STREAM__BURST_SECONDS=2` overrides `[stream] burst_seconds`, which overrides the
default. What changes while on air is not a setting: it lives in Controls.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    IPvAnyNetwork,
    ValidationError,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from station.archive_settings import ExportSettings, ProvenanceSettings, RatingSettings
from station.errors import SettingsError
from station.exhibit_settings import ExhibitSettings
from station.section import Section
from station.show_settings import SHOWS, ShowSettings
from station.stream_settings import HlsSettings, PushSettings, StreamSettings

CONFIG_FILE = "station.toml"
PREFIX = "LATENTFM_"
MOST_CANDIDATES = 512
NAME_PATTERN = r"^[a-z][a-z0-9-]{0,30}$"


class ServerSettings(Section):
    host: str = Field(
        "0.0.0.0", description="address to listen on; 127.0.0.1 for this machine only"
    )
    port: int = Field(8000, ge=0, le=65535, description="TCP port of streams, pages and API")
    trusted_proxies: tuple[IPvAnyNetwork, ...] = Field(
        (ip_network("127.0.0.0/8"), ip_network("::1/128")),
        description="reverse proxies whose X-Forwarded-For, -Proto and -Host are believed",
    )
    header_seconds: float = Field(
        10.0, ge=1, le=120, description="a connection that asks for nothing this long is closed"
    )
    max_connections: int = Field(
        0, ge=0, description="open at once, listeners and all; 0 for what the system allows"
    )
    access_log: Path | None = Field(
        None, description="file for one line a request, as Icecast writes it; unset for none"
    )
    access_log_addresses: Literal["masked", "full"] = Field(
        "masked", description="masked keeps 24 bits of an IPv4 address, 48 of an IPv6 one"
    )


class StorageSettings(Section):
    folder: Path = Field(Path("data"), description="the one folder that holds all state")
    url: str = Field("", description="database URL; empty for SQLite in the folder")
    keep_samples_days: int | None = Field(
        None, ge=1, description="days to keep listening hours and events; unset keeps them"
    )


def _count_or_auto(value: Any) -> Any:
    if value == "auto":
        return value
    if re.fullmatch(r"[0-9]{1,3}", str(value)) and 1 <= int(value) <= MOST_CANDIDATES:
        return int(value)
    raise ValueError(f'write "auto", or a whole number from 1 to {MOST_CANDIDATES}')


class GeneratorSettings(Section):
    model: Path | None = Field(None, description="model folder; unset for the one we ship")
    melody: Path | None = Field(None, description="model that sings the melody in its place")
    drums: Path | None = Field(None, description="model that plays the drums in its place")
    shelf_minutes: float = Field(4.0, ge=0.5, le=120, description="music to keep ready ahead")
    candidates: Annotated[int | Literal["auto"], BeforeValidator(_count_or_auto)] = Field(
        "auto", description="sampled for each piece; the best is aired. auto: as time allows"
    )

    @property
    def partners(self) -> dict[str, Path]:
        """Models that sing a part in place of the one that leads, by part."""
        named = {"melody": self.melody, "drums": self.drums}
        return {part: path for part, path in named.items() if path is not None}


class RendererSettings(Section):
    soundfont: Path | None = Field(
        None, description=".sf2 or .sf3; unset looks in the usual places"
    )


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not a time zone; write one like Europe/Berlin") from error
    return name


def _one_line(text: str) -> str:
    """Titles travel in headers and playlists, where a second line would be another field."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())


OneLine = Annotated[str, AfterValidator(_one_line)]


# A host source of a Content Security Policy; anything else could end the directive.
FrameSource = Annotated[
    str,
    Field(pattern=r"^(\*|'self'|(https?://)?(\*\.)?[A-Za-z0-9.-]+(:([0-9]{1,5}|\*))?)$"),
]


class StationSettings(Section):
    title: OneLine = Field("Latent FM", min_length=1, max_length=80)
    description: OneLine = Field(
        "Generative radio: new trios from latent space, without an end.", max_length=300
    )
    genre: OneLine = Field("Generative", max_length=60)
    timezone: Annotated[str, AfterValidator(_known_zone)] = Field(
        "UTC", description="IANA name; shows begin by its clock"
    )
    seed: int | None = Field(None, ge=0, lt=2**63, description="for the same programme each start")
    shows: tuple[ShowSettings, ...] = Field(SHOWS, min_length=1)
    push: tuple[PushSettings, ...] = Field((), description="Icecast servers to send to")
    frame_ancestors: tuple[FrameSource, ...] = Field(
        ("*",), description="sites that may show the player in a frame; empty for none"
    )


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid"
    )
    config_file: ClassVar[Path | None] = None

    server: ServerSettings = Field(default_factory=ServerSettings)
    storage: StorageSettings = Field(default_factory=StorageSettings)
    generator: GeneratorSettings = Field(default_factory=GeneratorSettings)
    renderer: RendererSettings = Field(default_factory=RendererSettings)
    stream: StreamSettings = Field(default_factory=StreamSettings)
    hls: HlsSettings = Field(default_factory=HlsSettings)
    exports: ExportSettings = Field(default_factory=ExportSettings)
    ratings: RatingSettings = Field(default_factory=RatingSettings)
    provenance: ProvenanceSettings = Field(default_factory=ProvenanceSettings)
    exhibit: ExhibitSettings = Field(default_factory=ExhibitSettings)
    stations: dict[Annotated[str, Field(pattern=NAME_PATTERN)], StationSettings] = Field(
        default_factory=lambda: {"main": StationSettings()}, min_length=1
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = TomlConfigSettingsSource(settings_cls, toml_file=cls.config_file)
        return init_settings, env_settings, toml


def load_settings(config: Path | None = None) -> Settings:
    """Read the settings once, from `config`, else from station.toml here if there is one.

    Raises:
        SettingsError: the file is missing, is not TOML, or says something it cannot; the
            message names the key and the nearest known one.
    """
    path = config or Path(CONFIG_FILE)
    if config and not config.is_file():
        raise SettingsError(f"no settings file at {config}")
    _refuse_unknown_sections()
    reader = type("Settings", (Settings,), {"config_file": path if path.is_file() else None})
    try:
        settings: Settings = reader()
        return settings
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(path, fault) for fault in error.errors())) from error


def _refuse_unknown_sections() -> None:
    """pydantic-settings passes over a variable whose first word it does not know."""
    for name in os.environ:
        section = name.removeprefix(PREFIX).split("__")[0].lower()
        if name.startswith(PREFIX) and section not in Settings.model_fields:
            near = difflib.get_close_matches(section, Settings.model_fields, n=1)
            hint = f" Did you mean {PREFIX}{near[0].upper()}?" if near else ""
            raise SettingsError(f"environment: no section for {name}.{hint}")


def _explain(path: Path, fault: Any) -> str:
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] != "extra_forbidden":
        return f"{path} (or LATENTFM_…): {key} = {fault['input']!r}: {fault['msg']}"
    known = _known_keys(fault["loc"][:-1])
    near = difflib.get_close_matches(str(fault["loc"][-1]), known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Known here: {', '.join(sorted(known))}."
    return f"{path} (or LATENTFM_…): unknown key {key}. {hint}"


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    """The keys of the table at `location`, found by walking the types."""
    model: Any = Settings
    for part in location:
        if isinstance(model, type) and issubclass(model, BaseModel):
            model = model.model_fields[str(part)].annotation
        else:  # dict[name, Section] or tuple[Section, ...]: its last real argument
            model = next(a for a in reversed(get_args(model)) if a is not ...)
    return list(model.model_fields)
