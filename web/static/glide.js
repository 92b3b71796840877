// A position that moves as evenly as the screen is drawn.

import { FRAMES_PER_SECOND } from "./timeline.js";

const FRAMES_PER_MS = FRAMES_PER_SECOND / 1_000;
const JUMP_FRAMES = FRAMES_PER_SECOND; // further off than a second is not jitter

/**
 * Browsers report the place of a stream in jumps of up to 40 ms, and a station's clock arrives with
 * the network's jitter. This walks on at the speed of sound's own clock and leans to the measured.
 */
export class Glide {
  #position = null;
  #seenMs = 0;

  /** @param {number} settleMs how long an error takes to shrink to a third */
  constructor(settleMs) {
    this.settleMs = settleMs;
  }

  /** The even position for `measured` (a position or null) at `nowMs`. */
  at(measured, nowMs) {
    const passedMs = nowMs - this.#seenMs;
    const walked = this.#position + passedMs * FRAMES_PER_MS;
    const error = measured - walked;
    const lost = this.#position === null || measured === null || Math.abs(error) > JUMP_FRAMES;
    this.#position = lost ? measured : walked + error * (1 - Math.exp(-passedMs / this.settleMs));
    this.#seenMs = nowMs;
    return this.#position;
  }
}
