// The sound: one audio element that finds its way back, and knows which position it plays.

import { get, patienceMs } from "./api.js";
import { house, streamUrl } from "./house.js";
import { FRAMES_PER_SECOND } from "./timeline.js";

const WATCH_MS = 500;
const OPENING_MS = 8_000; // for the first sound of a connection
const STUCK_MS = 2_500; // between two sounds; a new connection brings a burst, waiting does not
const STEADY_SECONDS = 5; // of sound, after which a fault counts as a new one
const GONE_ATTEMPTS = 4; // about 6 s of trying

/** States: stopped, connecting, playing, reconnecting, gone. Fires "change". */
export class Player extends EventTarget {
  audio = new Audio();
  state = "stopped";
  #streams = []; // the station's; nobody waits for them
  #key = null; // of the connection now open; null when stopped
  #first = null; // position of the first sound of this connection
  #origin = null; // seconds, what the audio element calls the time of that sound
  #attempt = 0;
  #retry; // a timer, while waiting to connect again
  #time = 0; // seconds, where the sound was when last seen to move
  #movedMs = 0;

  constructor() {
    super();
    const audio = this.audio;
    audio.preload = "none";
    audio.addEventListener("playing", () => this.#key && this.#enter("playing"));
    audio.addEventListener("waiting", () => {
      if (this.state === "playing") this.#enter("reconnecting");
    });
    audio.addEventListener("loadedmetadata", () => this.#key && this.#place(this.#key));
    audio.addEventListener("loadeddata", () => this.#key && this.#begin());
    audio.addEventListener("error", () => this.#again());
    audio.addEventListener("ended", () => this.#again());
    // A media key, a phone call or an unplugged headphone: for a live stream, pause is stop.
    audio.addEventListener("pause", () => {
      if (this.#key && audio.paused && !audio.ended && !audio.error) this.stop();
    });
    addEventListener("online", () => this.#retry && this.#connect());
    setInterval(() => this.#watch(), WATCH_MS);
    house.then(({ here }) => (this.#streams = here?.streams ?? []));
  }

  get wanted() {
    return this.state !== "stopped";
  }

  play() {
    if (this.wanted) return;
    this.#attempt = 0;
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

  /** The position this listener hears, or null when silent or not known yet. */
  heardPosition() {
    const seconds = this.#heardSeconds();
    if (this.#first === null || seconds === 0) return null;
    return this.#first + seconds * FRAMES_PER_SECOND;
  }

  /** Of this connection. */
  #heardSeconds() {
    return this.#origin === null ? 0 : Math.max(0, this.audio.currentTime - this.#origin);
  }

  /**
   * The first sound is there: see what its time is called. Most streams begin at 0, but Chromium
   * begins an Ogg Opus stream at the time in its first page: hours, if the station is that old.
   */
  #begin() {
    const { buffered, currentTime } = this.audio;
    this.#origin = buffered.length ? Math.min(buffered.start(0), currentTime) : 0;
  }

  #connect() {
    this.#leave();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const key = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.#key = key;
    this.#time = 0;
    this.#movedMs = performance.now();
    this.#enter(this.#attempt ? this.#failing() : "connecting");
    this.audio.src = `${streamUrl(this.#streams, this.audio)}?session=${key}`;
    this.audio.load(); // iOS plays the old stream without it
    this.audio.play().catch((error) => {
      if (this.#key !== key) return;
      if (error.name === "NotAllowedError") this.stop(); // no autoplay here: the button remains
      else this.#again();
    });
  }

  /** Learn which position the connection's first sound has. */
  async #place(key) {
    for (let waitMs = 100; this.#key === key; waitMs = Math.min(2 * waitMs, 2_000)) {
      try {
        const { position } = await get(`sessions/${key}`);
        if (this.#key === key) this.#first = position;
        return;
      } catch {
        await new Promise((done) => setTimeout(done, waitMs));
      }
    }
  }

  #again() {
    if (!this.#key) return;
    this.#leave();
    this.#attempt += 1;
    this.#enter(this.#failing());
    this.#retry = setTimeout(() => this.#connect(), patienceMs(this.#attempt));
  }

  #failing() {
    return this.#attempt < GONE_ATTEMPTS ? "reconnecting" : "gone";
  }

  /** Not every browser says that a stream died: watch that the sound moves. */
  #watch() {
    if (!this.#key) return;
    const { currentTime } = this.audio;
    if (currentTime !== this.#time) {
      this.#time = currentTime;
      this.#movedMs = performance.now();
      if (this.#heardSeconds() > STEADY_SECONDS) this.#attempt = 0;
      return;
    }
    const stillMs = performance.now() - this.#movedMs;
    if (stillMs > (this.#heardSeconds() > 0 ? STUCK_MS : OPENING_MS)) this.#again();
  }

  /** Let go of the connection; a paused element would keep its socket and its old sound. */
  #leave() {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#key = null;
    this.#first = this.#origin = null;
    this.audio.removeAttribute("src");
    this.audio.load();
  }

  #enter(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }
}
