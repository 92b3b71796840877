"""Is it alive, and how is it? For probes and for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from renderer.pcm import SAMPLE_RATE_HZ
from station.programme import Programme
from web.keys import PROGRAMME
from web.limits import LIMITS, PLACES, Places
from web.push import PUSHES, Pushes
from web.ratings import BOOTH, KINDS, Booth


async def healthz(request: web.Request) -> web.Response:
    """200 while every mount got sound in the last 5 s, else 503."""
    programme = request.app[PROGRAMME]
    stations = {name: station.on_air for name, station in programme.stations.items()}
    body = {"on_air": programme.on_air, "stations": stations, "note": programme.note}
    return web.json_response(body, status=200 if programme.on_air else 503)


async def metrics(request: web.Request) -> web.Response:
    registry = CollectorRegistry()
    app = request.app
    registry.register(ProgrammeCollector(app[PROGRAMME], app[PUSHES], app[PLACES], app[BOOTH]))
    return web.Response(
        body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
    )


class ProgrammeCollector(Collector):
    """Reads the programme as it is when somebody asks."""

    def __init__(self, programme: Programme, pushes: Pushes, places: Places, booth: Booth) -> None:
        self._programme = programme
        self._pushes = pushes
        self._places = places
        self._booth = booth

    def collect(self) -> Iterator[Metric]:
        of_station = ["station"]
        on_air = GaugeMetricFamily(
            "latentfm_on_air", "1 while sound is published", labels=of_station
        )
        aired_seconds = CounterMetricFamily(
            "latentfm_aired_seconds", "Seconds of sound published", labels=of_station
        )
        shelf = GaugeMetricFamily(
            "latentfm_shelf_seconds", "Seconds of music ready ahead", labels=of_station
        )
        ahead = GaugeMetricFamily(
            "latentfm_blocks_ahead", "Blocks of sound made ahead", labels=of_station
        )
        pieces = CounterMetricFamily(
            "latentfm_pieces_aired", "Pieces begun, by origin", labels=["station", "origin"]
        )
        work = CounterMetricFamily(
            "latentfm_work_seconds", "CPU seconds of the synth thread", labels=["station", "part"]
        )
        of_mount = ["station", "mount"]
        listeners = GaugeMetricFamily("latentfm_listeners", "Listeners now", labels=of_mount)
        let_go = CounterMetricFamily(
            "latentfm_slow_listeners", "Listeners let go for being too slow", labels=of_mount
        )
        sent = CounterMetricFamily(
            "latentfm_sent_bytes", "Bytes sent to listeners", labels=of_mount
        )
        for name, station in self._programme.stations.items():
            on_air.add_metric([name], station.on_air)
            aired_seconds.add_metric([name], station.position / SAMPLE_RATE_HZ)
            shelf.add_metric([name], station.shelf.seconds)
            ahead.add_metric([name], station.ahead.blocks)
            for origin, count in station.aired.items():
                pieces.add_metric([name, origin], count)
            work.add_metric([name, "render"], station.synthesis.cost.render)
            work.add_metric([name, "encode"], station.synthesis.cost.encode)
            for format, count in station.listeners_by_mount.items():
                listeners.add_metric([name, format], count)
            for format, mount in station.mounts.items():
                let_go.add_metric([name, format], mount.let_go)
                sent.add_metric([name, format], mount.bytes_sent)
        yield from (on_air, aired_seconds, shelf, ahead, pieces, work, listeners, let_go, sent)
        yield from self._generator()
        yield from self._storage()
        yield self._push_up()
        yield self._refused()
        yield self._ratings()
        yield from self._room()

    def _generator(self) -> Iterator[Metric]:
        generator = self._programme.generator
        up = GaugeMetricFamily("latentfm_generator_up", "1 while the generator answers")
        up.add_metric([], generator.fault is None)
        faults = CounterMetricFamily("latentfm_generator_faults", "Times it was lost")
        faults.add_metric([], generator.faults)
        music = CounterMetricFamily("latentfm_generated_seconds", "Music decoded, at 120 qpm")
        music.add_metric([], generator.music_seconds)
        busy = CounterMetricFamily("latentfm_generating_seconds", "Time spent decoding it")
        busy.add_metric([], generator.busy_seconds)
        yield from (up, faults, music, busy)

    def _storage(self) -> Iterator[Metric]:
        free = GaugeMetricFamily("latentfm_disk_free_bytes", "Room on the disk of the data folder")
        if self._programme.space.free_bytes is not None:
            free.add_metric([], self._programme.space.free_bytes)
        waiting = GaugeMetricFamily("latentfm_journal_bytes", "Of the log, not in the database yet")
        waiting.add_metric([], self._programme.journal.waiting_bytes)
        yield from (free, waiting)

    def _push_up(self) -> Metric:
        up = GaugeMetricFamily(
            "latentfm_push_up", "1 while an Icecast gets our sound", labels=["station", "url"]
        )
        for name, pushes in self._pushes.items():
            for push in pushes:
                up.add_metric([name, push.target.address], push.since is not None)
        return up

    def _refused(self) -> Metric:
        refused = CounterMetricFamily(
            "latentfm_refused_listeners", "Turned away, by the limit that was met", labels=["limit"]
        )
        for limit in LIMITS:
            refused.add_metric([limit], self._places.refused[limit])
        return refused

    def _ratings(self) -> Metric:
        ratings = CounterMetricFamily(
            "latentfm_ratings", "What listeners said of pieces", labels=["kind"]
        )
        for kind in KINDS.values():
            ratings.add_metric([kind], self._booth.given[kind])
        return ratings

    def _room(self) -> Iterator[Metric]:
        room, card = self._programme.exhibit.room, self._programme.exhibit.sound_card
        opened = GaugeMetricFamily("latentfm_room_open", "1 while the exhibit is open")
        opened.add_metric([], room.state.open)
        gain = GaugeMetricFamily("latentfm_room_gain", "Of the room's loudspeakers: 0 is silent")
        gain.add_metric([], room.gain())
        yield from (opened, gain)
        if card is None:
            return
        up = GaugeMetricFamily("latentfm_room_card_up", "1 while the room's sound card plays")
        up.add_metric([], card.is_playing)
        dry = CounterMetricFamily("latentfm_room_underruns", "Times the room's card ran dry")
        dry.add_metric([], card.underruns)
        jumps = CounterMetricFamily("latentfm_room_jumps", "Times it lost its place on air")
        jumps.add_metric([], card.jumps)
        cents = GaugeMetricFamily("latentfm_room_cents", "Its crystal is so much too fast")
        cents.add_metric([], card.cents)
        yield from (up, dry, jumps, cents)
