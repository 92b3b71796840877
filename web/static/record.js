// One piece as it is heard here: its file, played from beginning to end.

import { patienceMs } from "./api.js";
import { house } from "./house.js";
import { length } from "./length.js";
import { dropKeys, takeKeys } from "./player.js";
import { FRAMES_PER_SECOND, Timeline } from "./timeline.js";

const AGAIN_ATTEMPTS = 4; // about 6 s of trying

const STATUS = {
  stopped: "Press play to listen",
  connecting: "The station is making the file…",
  playing: "Playing",
  reconnecting: "Reconnecting…",
  gone: "The station is away. Trying again…",
};

/** A Live and its Player in one, as far as <latent-fm> asks; there are no formats to choose from. */
export class Record extends EventTarget {
  audio = new Audio();
  state = "stopped";
  timeline = new Timeline();
  player = this;
  #api;
  #piece = null;
  #station = "";
  #lost = null; // what to show if there is no such piece
  #closed = new AbortController();
  #retry; // a timer
  #attempt = 0;

  constructor(api, id) {
    super();
    this.#api = api;
    this.audio.preload = "none";
    const on = (name, hear) =>
      this.audio.addEventListener(name, hear, { signal: this.#closed.signal });
    on("playing", () => this.#enter("playing"));
    on("waiting", () => this.state === "playing" && this.#enter("reconnecting"));
    on("timeupdate", () => (this.#attempt = 0));
    on("pause", () => this.audio.error || this.#enter("stopped")); // its end, too
    on("error", () => this.wanted && this.#again());
    addEventListener("online", () => this.#retry && this.#fetch(), { signal: this.#closed.signal });
    this.#learn(id);
  }

  get wanted() {
    return this.state !== "stopped";
  }

  play() {
    if (this.wanted || this.#lost || this.#closed.signal.aborted) return;
    takeKeys(this);
    this.#enter("connecting");
    if (this.#piece) this.#fetch();
  }

  stop() {
    clearTimeout(this.#retry);
    this.audio.pause();
    this.#enter("stopped");
  }

  toggle() {
    if (this.wanted) this.stop();
    else this.play();
  }

  close() {
    this.stop();
    dropKeys(this);
    this.#closed.abort();
    this.audio.removeAttribute("src");
    this.audio.load();
  }

  attend() {} // a piece says nothing new

  position() {
    return this.#piece && this.audio.currentTime * FRAMES_PER_SECOND;
  }

  told() {
    const piece = this.#piece;
    if (!piece) return this.#lost;
    return {
      state: this.state,
      status: STATUS[this.state],
      title: piece.title,
      key: piece.key,
      place: `${length(this.audio.currentTime)} / ${length(piece.seconds)}`,
      links: piece.links,
      station: this.#station,
      link: this.#api.address(piece.links.page),
    };
  }

  async #learn(id) {
    for (let attempt = 1; !this.#closed.signal.aborted; attempt++) {
      try {
        const piece = await this.#api.get(`pieces/${encodeURIComponent(id)}`);
        const frames = Math.round(piece.seconds * FRAMES_PER_SECOND);
        this.timeline.sync([{ position: 0, frames, piece }], null);
        this.#station = (await house(this.#api, this.#closed.signal)).here?.title ?? "";
        this.#piece = piece;
        if (this.wanted) this.#fetch();
        return this.dispatchEvent(new Event("change"));
      } catch ({ message }) {
        if (message.endsWith("404")) {
          this.#lost = { state: "stopped", title: "No such piece", link: this.#api.address("pieces") };
          return this.stop();
        }
        await new Promise((done) => setTimeout(done, patienceMs(attempt)));
      }
    }
  }

  /** Play on where it was. */
  #fetch() {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const { audio } = this;
    if (!audio.src || audio.error) {
      const seconds = audio.currentTime;
      audio.src = this.#api.address(this.#piece.links.mp3);
      audio.currentTime = seconds;
    }
    audio.play().catch((error) => error.name === "NotAllowedError" && this.stop());
  }

  #again() {
    this.#attempt += 1;
    this.#enter(this.#attempt < AGAIN_ATTEMPTS && navigator.onLine ? "reconnecting" : "gone");
    this.#retry = setTimeout(() => this.#fetch(), patienceMs(this.#attempt));
  }

  #enter(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }
}
