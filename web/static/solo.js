// Plays the file of one piece, and says where in it we are.

import { byId, say } from "./dom.js";
import { api } from "./here.js";
import { length } from "./length.js";
import { showOutside } from "./lockscreen.js";
import { secondsAt, stepAt, STEPS_PER_BAR } from "./timeline.js";

const WAITING = "The station is making the file. That takes some seconds, the first time.";
const FAILED = "This cannot be played now.";

/** Binds `#play`, `#status` and the keyboard. "moved" is fired as it plays and where it is sought. */
export class Solo extends EventTarget {
  #piece;
  #begun = false;

  constructor(piece, url) {
    super();
    this.#piece = piece;
    this.audio = new Audio();
    this.audio.preload = "none";
    this.url = url;
    byId("play").addEventListener("click", () => this.toggle());
    for (const name of ["playing", "pause", "waiting", "ended", "error"]) {
      this.audio.addEventListener(name, () => this.#tell(name));
    }
    this.audio.addEventListener("timeupdate", () => this.#tell());
    addEventListener("keydown", (event) => this.#key(event));
    this.#show("stopped", `Press play to listen: ${length(piece.seconds)}`);
    const { title, show: album, links } = piece;
    showOutside({ title, album, links }, api);
    navigator.mediaSession?.setActionHandler("play", () => this.play());
    navigator.mediaSession?.setActionHandler("pause", () => this.audio.pause());
    window.latentfm = { audio: this.audio };
    const draw = () => {
      if (!this.audio.paused) this.dispatchEvent(new Event("moved"));
      requestAnimationFrame(draw);
    };
    requestAnimationFrame(draw);
  }

  /** Seconds from the piece's start; null before it was played. */
  get seconds() {
    return this.#begun ? this.audio.currentTime : null;
  }

  toggle() {
    if (this.audio.paused) this.play();
    else this.audio.pause();
  }

  play() {
    if (!this.audio.src || this.audio.error) this.audio.src = this.url;
    this.#begun = true;
    this.#show("connecting", WAITING);
    this.audio.play().catch(() => {}); // "error" and "pause" say more
  }

  seek(seconds) {
    if (!this.#begun) this.play();
    this.audio.currentTime = Math.max(0, Math.min(seconds, this.#piece.seconds));
    this.dispatchEvent(new Event("moved"));
  }

  #tell(name) {
    const { audio } = this;
    const place = `${length(audio.currentTime)} of ${length(this.#piece.seconds)}`;
    if (name === "error") this.#explain();
    else if (name === "waiting" && audio.readyState === 0) this.#show("connecting", WAITING);
    else if (audio.paused && !audio.error) this.#show("stopped", audio.ended ? "Press play to hear it again" : place);
    else if (audio.readyState > 2) this.#show("playing", place);
    this.dispatchEvent(new Event("moved"));
  }

  /** An audio element says only that there was an error; the station says which. */
  async #explain() {
    this.#show("stopped", FAILED);
    try {
      const answer = await fetch(this.url, { headers: { Range: "bytes=0-0" } });
      if (!answer.ok) this.#show("stopped", `${FAILED} The station says: ${(await answer.json()).error}`);
    } catch {
      this.#show("stopped", `${FAILED} The station is away.`);
    }
  }

  #show(state, words) {
    document.documentElement.dataset.state = state;
    byId("play").ariaPressed = String(state !== "stopped");
    say(byId("status"), words);
  }

  #key(event) {
    const onSheet = event.target.closest("#sheet");
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (!onSheet && event.target.closest("a, button, input")) return;
    const bars = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key !== " " && !bars) return;
    event.preventDefault();
    if (!bars) return event.repeat || this.toggle();
    const bar = Math.floor(stepAt(this.#piece, this.seconds ?? 0) / STEPS_PER_BAR + 0.01) + bars;
    this.seek(secondsAt(this.#piece, Math.max(0, bar) * STEPS_PER_BAR));
  }
}
