// Which pieces lie where in the broadcast, and what sounds at a position. Pure.
//
// A position counts frames of sound since the broadcast began, 48,000 a second. Inside a piece
// time is counted in steps: 4 to a quarter note, 16 to a bar.

export const FRAMES_PER_SECOND = 48_000;
export const STEPS_PER_BAR = 16;

const STEP_SECONDS_QPM = 15; // a step lasts 15 / tempo seconds
const KEPT = 24; // airings; older ones are the history's

/** Tempo change a step, in quarter notes a minute. */
const glide = (piece) => (piece.tempo_end_qpm - piece.tempo_qpm) / piece.steps;

/** Seconds from the piece's start to `step`: the integral of 15 / q over a straight glide of q. */
export function secondsAt(piece, step) {
  const k = glide(piece);
  if (Math.abs(k) < 1e-9) return (STEP_SECONDS_QPM * step) / piece.tempo_qpm;
  return (STEP_SECONDS_QPM / k) * Math.log1p((k * step) / piece.tempo_qpm);
}

/** The step, with its fraction, that sounds `seconds` after the piece's start. */
export function stepAt(piece, seconds) {
  const k = glide(piece);
  if (Math.abs(k) < 1e-9) return (seconds * piece.tempo_qpm) / STEP_SECONDS_QPM;
  return (piece.tempo_qpm / k) * Math.expm1((k * seconds) / STEP_SECONDS_QPM);
}

/** Quarter notes a minute at `step`. */
export const tempoAt = (piece, step) => piece.tempo_qpm + glide(piece) * step;

/** The pieces of the last minutes and the one expected next, in the order they sound. */
export class Timeline {
  #aired = []; // by position, each {position, frames, utc, piece}
  #expected = null; // the piece that should follow the last
  #laid = []; // the above as it sounds: an `end` each, the expected one last

  /** Take the station's own account; it outranks what was known from its first position on. */
  sync(recent, next) {
    const from = recent[0]?.position ?? 0; // 0 or so where the broadcast began anew
    this.#aired = [...this.#aired.filter((airing) => airing.position < from), ...recent];
    this.#expected = next;
    this.#lay();
  }

  /** A piece begins at its position; whatever was expected there is no longer a guess. */
  add(aired) {
    this.#aired = [...this.#aired.filter((airing) => airing.position < aired.position), aired];
    this.#expected = null;
    this.#lay();
  }

  /** The airing heard at `position`, or null. Never the expected one: that is not yet true. */
  at(position) {
    const airing = this.#laid.findLast((each) => each.position <= position);
    return airing && !airing.expected && position < airing.end ? airing : null;
  }

  /** The airing that follows `airing`, the expected one included, or null. */
  after(airing) {
    return this.#laid.find((each) => each.position > airing.position) ?? null;
  }

  /** Airings that ended up before `position`, newest first. */
  before(position) {
    return this.#aired.filter((airing) => airing.position < position).reverse();
  }

  /** All that sounds between two positions, the expected piece included. */
  between(from, to) {
    return this.#laid.filter((airing) => airing.position < to && airing.end > from);
  }

  #lay() {
    this.#aired = this.#aired.slice(-KEPT);
    const all = [...this.#aired];
    const last = all.at(-1);
    if (last && this.#expected) {
      const frames = Math.round(this.#expected.seconds * FRAMES_PER_SECOND);
      const position = last.position + last.frames;
      all.push({ position, frames, piece: this.#expected, expected: true });
    }
    // A skip cuts a piece short: it ends where the next one begins.
    this.#laid = all.map((airing, i) => ({
      ...airing,
      end: Math.min(airing.position + airing.frames, all[i + 1]?.position ?? Infinity),
    }));
  }
}
