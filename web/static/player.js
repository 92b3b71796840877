// The sound: one audio element that finds its way back, and knows which position it plays.

import { patienceMs } from "./api.js";
import { HLS, house, playable } from "./house.js";
import { Stream } from "./stream.js";

const WATCH_MS = 500;
const LATE_MS = 10_000; // behind where it would be had it never stood: the machine slept
const STEADY_SECONDS = 5; // of sound, after which a fault counts as a new one
const GONE_ATTEMPTS = 4; // about 6 s of trying

let HlsStream = null; // loaded when somebody asks for it
let keyed = null; // the player that has the media keys: the one that was started last

/** States: stopped, connecting, playing, reconnecting, gone. Fires "change". */
export class Player extends EventTarget {
  audio = new Audio();
  state = "stopped";
  formats = []; // that this browser could play, the best first; empty until the station was asked
  #api;
  #station = null; // as the API tells it
  #wish = null; // a format, or null for the best
  #connection = null; // the one now open
  #playing; // the format it is of
  #closed = new AbortController();
  #watching; // a timer
  #retry; // a timer, while waiting to connect again
  #attempt = 0;
  #heardSeconds = 0; // of this connection, when last looked at
  #movedMs = 0; // when it last grew
  #beganMs = 0; // time of day at which the sound began
  #frozen = false;

  constructor(api) {
    super();
    this.#api = api;
    const { audio } = this;
    audio.preload = "none";
    this.#on(audio, "playing", () => this.#connection && this.#enter("playing"));
    this.#on(audio, "waiting", () => this.state === "playing" && this.#enter(this.#failing(1)));
    this.#on(audio, "error", () => this.#again());
    this.#on(audio, "ended", () => this.#again());
    // A media key, a phone call or an unplugged headphone: for a live stream, pause is stop.
    this.#on(audio, "pause", () => {
      const meant = !this.#frozen && audio.paused && !audio.ended && !audio.error;
      if (this.#connection && meant) this.stop();
    });
    this.#on(window, "online", () => this.#retry && this.#connect());
    this.#on(window, "offline", () => {
      if (this.wanted && this.state !== "playing") this.#enter("gone");
    });
    this.#on(document, "visibilitychange", () => this.#watch());
    this.#on(document, "freeze", () => (this.#frozen = true));
    this.#on(document, "resume", () => this.#wake());
    this.#on(window, "pageshow", ({ persisted }) => persisted && this.#wake());
    this.#watching = setInterval(() => this.#watch(), WATCH_MS);
    this.#learn();
  }

  get wanted() {
    return this.state !== "stopped";
  }

  /** The format that is played, or would be. */
  get format() {
    const given = [...this.formats, ...(this.#station?.streams ?? []).map(({ format }) => format)];
    const can = given.includes(this.#wish) && (this.#wish !== HLS || HlsStream);
    return can ? this.#wish : (this.formats[0] ?? "mp3");
  }

  /** Play this format from now on; null for the best, which is also for one that is not given. */
  choose(format) {
    this.#wish = format;
    this.#follow();
  }

  play() {
    if (this.wanted || this.#closed.signal.aborted) return;
    this.#attempt = 0;
    takeKeys(this);
    this.#connect();
  }

  stop() {
    this.#leave();
    this.#enter("stopped");
  }

  toggle() {
    if (this.wanted) this.stop();
    else this.play();
  }

  /** Stop for ever, and let go of everything. */
  close() {
    this.stop();
    this.#closed.abort();
    clearInterval(this.#watching);
    dropKeys(this);
  }

  /** The position this listener hears, or null when silent or not known yet. */
  heardPosition() {
    return this.#connection?.position() ?? null;
  }

  #on(target, name, hear) {
    target.addEventListener(name, hear, { signal: this.#closed.signal });
  }

  /** Learn what the station gives. Nobody waits for it: every station has MP3 or says where. */
  async #learn() {
    try {
      this.#station = (await house(this.#api, this.#closed.signal)).here ?? null;
    } catch {
      return; // closed meanwhile
    }
    if (this.#station) this.formats = playable(this.#station, this.audio);
    this.#follow();
  }

  /** Let what is played be what is wanted. */
  async #follow() {
    if (this.#wish === HLS && this.formats.includes(HLS)) {
      await import("./hls.js").then(
        (module) => ({ HlsStream } = module),
        () => {}, // the best of the others plays on
      );
    }
    if (this.#connection && this.#playing !== this.format) this.#connect();
    this.dispatchEvent(new Event("change"));
  }

  #connect() {
    this.#leave();
    this.#frozen = false;
    this.#heardSeconds = 0;
    this.#movedMs = performance.now();
    this.#playing = this.format;
    const connection = this.#open(this.#playing);
    this.#connection = connection;
    this.#enter(this.#attempt ? this.#failing(this.#attempt) : "connecting");
    connection.start().catch((error) => {
      if (this.#connection !== connection) return;
      if (error.name === "NotAllowedError") this.stop(); // no autoplay here: the button remains
      else this.#again();
    });
  }

  #open(format) {
    const { streams, hls } = this.#station ?? { streams: [] };
    if (format === HLS) {
      return new HlsStream(this.#api, this.audio, this.#api.address(hls), () => this.#again());
    }
    const { station } = this.#api;
    const prefix = station ? `/stations/${encodeURIComponent(station)}` : "";
    const url = streams.find((each) => each.format === format)?.url ?? `${prefix}/stream.mp3`;
    return new Stream(this.#api, this.audio, this.#api.address(url));
  }

  #again() {
    if (!this.#connection) return;
    this.#leave();
    this.#attempt += 1;
    this.#enter(this.#failing(this.#attempt));
    this.#retry = setTimeout(() => this.#connect(), patienceMs(this.#attempt));
  }

  #failing(attempt) {
    return attempt < GONE_ATTEMPTS && navigator.onLine ? "reconnecting" : "gone";
  }

  /** Not every browser says that a stream died, and none that it slept: watch the sound move. */
  #watch() {
    const heard = this.#connection?.heardSeconds();
    if (heard === undefined) return;
    const nowMs = performance.now();
    if (heard > this.#heardSeconds) {
      if (!this.#heardSeconds) this.#beganMs = Date.now() - 1_000 * heard;
      this.#heardSeconds = heard;
      this.#movedMs = nowMs;
      if (heard > STEADY_SECONDS) this.#attempt = 0;
    }
    const { openingMs, stuckMs } = this.#connection;
    const patience = heard > 0 ? stuckMs : openingMs * (1 + this.#attempt / 2); // a slow network's
    if (nowMs - this.#movedMs > Math.min(patience, 3 * openingMs)) this.#again();
    else if (heard > 0 && Date.now() - this.#beganMs - 1_000 * heard > LATE_MS) this.#wake();
  }

  /** Time passed without us: leave the old sound for what is on air now. */
  #wake() {
    if (!this.wanted) return;
    this.#attempt = 1;
    this.#connect();
  }

  #leave() {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#connection?.close();
    this.#connection = null;
  }

  #enter(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }
}

/** Let the media keys play and stop `player`, which may be a Record; nobody if it is null. */
export function takeKeys(player) {
  keyed = player;
  for (const key of ["play", "pause", "stop"]) {
    const act = player && (() => (key === "play" ? player.play() : player.stop()));
    navigator.mediaSession?.setActionHandler(key, act);
  }
}

export const dropKeys = (player) => player === keyed && takeKeys(null);
