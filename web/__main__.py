"""`python -m web`: the command line, with the HTTP front for `serve`."""


def main() -> int:
    from station.cli import run
    from web.server import serve

    return run(serve)


if __name__ == "__main__":
    raise SystemExit(main())
