// Which scene's turn it is. Pure.

const INVITATION = "invitation";
const INVITATION_SECONDS = 40;
const LINGER_MS = 15_000; // for a bar line, before a scene changes without one

export class Rotation {
  #names;
  #seconds;
  #turn = 0;
  #sinceMs = null;
  #bar = null;

  /** `names` take turns of `seconds`, and after a round of several comes the invitation. */
  constructor(names, seconds) {
    this.#names = names.length > 1 ? [...names, INVITATION] : names;
    this.#seconds = seconds;
  }

  /** The scene at `nowMs`, while `bar` (any value that changes at a bar line) sounds. */
  at(nowMs, bar) {
    this.#sinceMs ??= nowMs;
    const name = this.#names[this.#turn];
    const seconds = name === INVITATION ? INVITATION_SECONDS : this.#seconds;
    const overMs = nowMs - this.#sinceMs - 1_000 * seconds;
    const onBarLine = bar !== this.#bar;
    this.#bar = bar;
    if (overMs < 0 || (!onBarLine && overMs < LINGER_MS)) return name;
    this.#turn = (this.#turn + 1) % this.#names.length;
    this.#sinceMs = nowMs;
    return this.#names[this.#turn];
  }
}
