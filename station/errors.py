"""What the person at the console can put right.

StationError
├── SettingsError       station.toml or the environment says something it cannot
└── AddressInUseError   another program listens where the station should
"""


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
