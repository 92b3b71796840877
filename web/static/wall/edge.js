// Where the station is at this moment, to some milliseconds, from a clock it says every 5 s.

import { FRAMES_PER_SECOND } from "../timeline.js";

const FRAMES_PER_MS = FRAMES_PER_SECOND / 1_000;
const KEPT = 12; // words of the clock: a minute
const BELIEVED_MS = 12_000;
const JUMP_FRAMES = FRAMES_PER_SECOND; // more is no jitter: the broadcast began anew

/**
 * The station publishes sound by blocks of half a second, so its newest position alone is a stair.
 * But `utc` is when that position's turn comes, and `sent` what the station's clock said when it
 * told us: together they are a straight line. A network can only make the word late, never early:
 * of the last minute's words the one that came fastest is the truest.
 */
export class Edge {
  #starts = []; // frames; what the position was when this page's clock was at 0, by each word
  #guess = 0; // the same, from a word without `sent`: up to a block too far
  #heardMs = -Infinity;

  hear({ position, utc, sent }, nowMs) {
    const ahead = sent ? Date.parse(utc) - Date.parse(sent) : 0;
    const start = position - (ahead + nowMs) * FRAMES_PER_MS;
    if (Math.abs(start - (this.#starts.at(-1) ?? start)) > JUMP_FRAMES) this.#starts = [];
    if (sent) this.#starts = [...this.#starts, start].slice(-KEPT);
    else this.#guess = start;
    this.#heardMs = nowMs;
  }

  /** The position whose turn it is, or null when the station has not been heard for a while. */
  at(nowMs) {
    if (nowMs - this.#heardMs > BELIEVED_MS) return null;
    const start = this.#starts.length ? Math.max(...this.#starts) : this.#guess;
    return start + nowMs * FRAMES_PER_MS;
  }
}
