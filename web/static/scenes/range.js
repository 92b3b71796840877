// The pitches a scene has room for, on their way to those that its pieces need.

import { score } from "../score.js";

const LEAN_SECONDS = 8;
const MARGIN_SEMITONES = 2;

export class Range {
  low = 36;
  high = 84;

  /** Lean to what `airings` need, for `seconds` of music. */
  lean(airings, seconds) {
    if (!airings.length) return;
    const share = 1 - Math.exp(-seconds / LEAN_SECONDS);
    const scores = airings.map((airing) => score(airing.piece));
    const low = Math.min(...scores.map((each) => each.low)) - MARGIN_SEMITONES;
    const high = Math.max(...scores.map((each) => each.high)) + MARGIN_SEMITONES;
    this.low += (low - this.low) * share;
    this.high += (high - this.high) * share;
  }

  /** Where `pitch` lies, 0 at the lowest to 1 at the highest. */
  share(pitch) {
    return (pitch - this.low) / (this.high - this.low);
  }
}
