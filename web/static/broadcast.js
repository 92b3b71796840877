// What the station says of itself: which pieces lie where, how far it has come, how it fares.

import { events, get } from "./api.js";
import { FRAMES_PER_SECOND, Timeline } from "./timeline.js";

const BELIEVED_MS = 10_000; // the station says its clock every 5 s
const SPREAD_MS = 4_000; // all listeners learn of a piece at once; they need not all ask at once

export class Broadcast {
  timeline = new Timeline();
  now = null; // the last answer of /api/v1/now, kept fresh by events
  online = false;
  #clock = null; // {position, seenMs}

  constructor() {
    const tell = {
      now: (now) => this.#see(now),
      clock: (clock) => this.#set(clock.position),
      listeners: (count) => Object.assign(this.now ?? {}, count),
      note: (note) => Object.assign(this.now ?? {}, note),
      piece: (aired) => {
        this.timeline.add(aired);
        setTimeout(() => this.#refresh(), Math.random() * SPREAD_MS);
      },
    };
    events(
      Object.keys(tell),
      (name, data) => {
        this.online = true;
        tell[name](data);
      },
      () => {
        this.online = false;
      },
    );
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
      this.#see(await get("now"));
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
