// What the station says of itself: which pieces lie where, how far it has come, how it fares.

import { FRAMES_PER_SECOND, Timeline } from "./timeline.js";

const BELIEVED_MS = 10_000; // the station says its clock every 5 s
export const SPREAD_MS = 4_000; // all listeners learn of a piece at once; they need not all ask at once

/** Fires each event of the station by its name, with what it says as `detail`. */
export class Broadcast extends EventTarget {
  timeline = new Timeline();
  now = null; // the last answer of /api/v1/now, kept fresh by events
  online = false;
  #api;
  #clock = null; // {position, seenMs}
  #asking; // a timer
  #stop;

  /** @param {string[]} also names of events to fire besides those that are needed here */
  constructor(api, also = []) {
    super();
    this.#api = api;
    const tell = {
      now: (now) => this.#see(now),
      clock: (clock) => this.#set(clock.position),
      listeners: (count) => Object.assign(this.now ?? {}, count),
      note: (note) => Object.assign(this.now ?? {}, note),
      piece: (aired) => {
        this.timeline.add(aired);
        clearTimeout(this.#asking);
        this.#asking = setTimeout(() => this.#refresh(), Math.random() * SPREAD_MS);
      },
    };
    this.#stop = api.events(
      [...Object.keys(tell), ...also],
      (name, detail) => {
        this.online = true;
        tell[name]?.(detail);
        this.dispatchEvent(new CustomEvent(name, { detail }));
      },
      () => {
        this.online = false;
      },
    );
  }

  /** Hear no more. */
  close() {
    this.#stop();
    clearTimeout(this.#asking);
    this.online = false;
  }

  /** The newest position on air, carried on between the station's words; null when it is silent. */
  livePosition() {
    const passedMs = performance.now() - (this.#clock?.seenMs ?? -Infinity);
    if (passedMs > BELIEVED_MS) return null;
    return this.#clock.position + (passedMs / 1_000) * FRAMES_PER_SECOND;
  }

  /** Ask once more: a piece's event does not say what comes after it. */
  async #refresh() {
    try {
      this.#see(await this.#api.get("now"));
    } catch {
      // The event stream is the judge of whether the station is there.
    }
  }

  #see(now) {
    this.now = now;
    this.timeline.sync(now.recent, now.next);
    this.#set(now.position);
  }

  #set(position) {
    this.#clock = { position, seenMs: performance.now() };
  }
}
