"""What the person at the console can put right.

StationError
├── SettingsError       station.toml or the environment says something it cannot
├── AddressInUseError   another program listens where the station should
├── PackError           a pack is torn, altered, newer, or not to be trusted
├── SigningKeyError     the station's key is not there, or damaged
├── NothingAiredError   no music was on air at the time that was asked for
├── PageError           another site's page cannot be fetched, or has no player of ours
├── MidiError           this machine has no MIDI
└── CrowdedError        an address rates a piece as more listeners than it can have
"""

from pathlib import Path


class StationError(Exception):
    """Base of every error the station raises on purpose: a message and the fix."""


class SettingsError(StationError):
    pass


class AddressInUseError(StationError):
    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"port {port} on {host} is taken by another program. "
            f"Stop it, or set [server] port in station.toml (or LATENTFM_SERVER__PORT)."
        )


class PackError(StationError):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"pack {path} is not unpacked: {reason}. Nothing was changed.")


class SigningKeyError(StationError):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"the station's keys in {path} are of no use: {reason}. Nothing was changed. Put the "
            f"file of a backup in its place; or move it away, and the next start makes a new key: "
            f"what the old one signed can then be checked only by who kept its public half."
        )


class NothingAiredError(StationError):
    pass


class MidiError(StationError):
    pass


class CrowdedError(StationError):
    def __init__(self, listeners: int) -> None:
        super().__init__(f"{listeners} listeners of your address rated this piece today")


class PageError(StationError):
    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url}: {reason}")
