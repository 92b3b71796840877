// The piano roll: what was, what sounds at the playhead, what comes, on one canvas.

import { DRUM_LANES, PARTS, score } from "./score.js";
import { FRAMES_PER_SECOND, STEPS_PER_BAR, secondsAt, stepAt } from "./timeline.js";

const PIXELS_PER_SECOND = 84;
const DRUM_SHARE = 0.26; // of the height
const LABELS_FROM_PX = 140; // a lower roll has no room for letters
const MARGIN_SEMITONES = 2;
const DARK = "(prefers-color-scheme: dark)";
const CONTRAST = "(prefers-contrast: more)";
const FORCED = "(forced-colors: active)";
const CHOSEN = { ink: "Highlight", ground: "Canvas" };

export class Roll {
  #context;
  #width = 0; // CSS pixels
  #height = 0;
  #colours = {};
  #playhead = 0;
  #low = 36; // the pitches shown now, on their way to those needed
  #high = 84;
  #bold = false; // nothing faint, for who asks for contrast
  #still = matchMedia("(prefers-reduced-motion: reduce)");
  #drawn = null; // what a still roll shows
  #size;
  #closed = new AbortController();

  constructor(canvas) {
    this.canvas = canvas;
    this.#context = canvas.getContext("2d");
    this.#size = new ResizeObserver(() => this.#fit());
    this.#size.observe(canvas);
    const { signal } = this.#closed;
    for (const taste of [DARK, CONTRAST, FORCED]) {
      matchMedia(taste).addEventListener("change", () => this.#dress(), { signal });
    }
    this.#fit();
    this.#dress();
  }

  close() {
    this.#size.disconnect();
    this.#closed.abort();
  }

  /** Draw `timeline` with the playhead at `position`; an empty roll when that is null. */
  draw(timeline, position) {
    if (position === null) return this.#clear();
    const span = Math.max(4, this.#width / PIXELS_PER_SECOND); // seconds
    let now = position;
    let left = position - span * this.#playhead * FRAMES_PER_SECOND;
    const airing = timeline.at(position);
    const still = this.#still.matches && airing;
    if (still) ({ left, now } = page(airing, position, span));
    const x = (at) => ((at - left) / FRAMES_PER_SECOND / span) * this.#width;
    const shown = timeline.between(left, left + span * FRAMES_PER_SECOND);
    const look = still ? [left, now, shown.map(({ end }) => end)].join() : null;
    if (look && look === this.#drawn) return; // until the next beat
    this.#clear();
    this.#drawn = look;
    this.#lean(shown);
    for (const each of shown) this.#bars(each, x);
    for (const each of shown) this.#notes(each, x, now);
    const context = this.#context;
    context.globalAlpha = this.#bold ? 1 : 0.55;
    context.fillStyle = this.#colours.ink;
    context.fillRect(Math.round(x(now)), 0, this.#bold ? 3 : 1, this.#height);
  }

  #clear() {
    this.#drawn = null;
    this.#context.clearRect(0, 0, this.#width, this.#height);
  }

  #bars(airing, x) {
    const context = this.#context;
    const wide = this.#height >= LABELS_FROM_PX;
    context.fillStyle = this.#colours.ink;
    score(airing.piece).bars.forEach(({ at, section }, bar) => {
      const start = airing.position + at * FRAMES_PER_SECOND;
      if (start >= airing.end) return;
      context.globalAlpha = (bar === 0 ? 0.4 : section ? 0.2 : 0.09) * (this.#bold ? 2 : 1);
      context.fillRect(Math.round(x(start)), 0, 1, this.#height);
      const words = bar === 0 ? airing.piece.title : section;
      if (!wide || !words) return;
      context.globalAlpha = this.#bold ? 1 : 0.6;
      context.fillText(words, x(start) + 7, 14);
    });
  }

  #notes(airing, x, now) {
    const context = this.#context;
    const top = this.#height >= LABELS_FROM_PX ? 24 : 2;
    const floor = this.#height * (1 - DRUM_SHARE);
    const tall = (floor - top) / (this.#high - this.#low);
    const lane = (this.#height - floor) / DRUM_LANES;
    const thin = this.#height >= LABELS_FROM_PX ? 5 : 3;
    for (const note of score(airing.piece).notes) {
      const from = airing.position + note.from * FRAMES_PER_SECOND;
      const to = Math.min(airing.position + note.to * FRAMES_PER_SECOND, airing.end);
      const a = x(from);
      const b = x(to);
      if (from >= airing.end || b < 0 || a > this.#width) continue;
      const drum = note.part === "drums";
      const sounds = drum ? glow(now - from) : from <= now && now < to ? 1 : 0;
      const rest = this.#bold ? 0.8 : now < from ? 0.34 + 0.4 * note.loud : 0.3;
      const dot = Math.min(9, Math.max(this.#bold ? 4.5 : 3.5, lane * 0.7));
      const high = drum ? dot : Math.max(thin, tall * 0.86);
      const wide = drum ? high : Math.max(high, b - a - 1.5);
      const y = drum
        ? this.#height - (note.lane + 0.5) * lane - high / 2
        : floor - (note.pitch - this.#low + 0.5) * tall - high / 2;
      const pill = (colour, halo, alpha) => {
        context.fillStyle = this.#colours[colour];
        this.#pill(a - halo, y - halo, wide + 2 * halo, high + 2 * halo, alpha);
      };
      if (sounds && this.#bold) {
        pill("ink", 5, sounds);
        pill("ground", 2, sounds);
      } else if (sounds) pill(note.part, drum ? 3 * sounds : 4, 0.26 * sounds);
      pill(note.part, 0, rest + (1 - rest) * sounds);
    }
  }

  #pill(x, y, wide, high, alpha) {
    const context = this.#context;
    context.globalAlpha = alpha;
    context.beginPath();
    context.roundRect(x, y, wide, high, Math.min(5, high / 2));
    context.fill();
  }

  /** Let the range of pitches follow the music without a jolt. */
  #lean(shown) {
    if (!shown.length) return;
    const scores = shown.map((airing) => score(airing.piece));
    const low = Math.min(...scores.map((each) => each.low)) - MARGIN_SEMITONES;
    const high = Math.max(...scores.map((each) => each.high)) + MARGIN_SEMITONES;
    const share = this.#still.matches ? 1 : 0.04;
    this.#low += (low - this.#low) * share;
    this.#high += (high - this.#high) * share;
  }

  #fit() {
    const scale = Math.min(2, devicePixelRatio);
    this.#width = this.canvas.clientWidth;
    this.#height = this.canvas.clientHeight;
    this.canvas.width = Math.round(this.#width * scale);
    this.canvas.height = Math.round(this.#height * scale);
    this.#context.scale(scale, scale);
    this.#context.font = `12px ${getComputedStyle(this.canvas).fontFamily}`;
    this.#drawn = null;
  }

  /** Take what the style sheet decides: colours by light and dark, the place of the playhead. */
  #dress() {
    const style = getComputedStyle(this.canvas);
    const forced = matchMedia(FORCED).matches;
    for (const name of [...PARTS, "ink", "ground"]) {
      // The colours that a listener forces on everything do not reach into a canvas.
      const chosen = CHOSEN[name] ?? "CanvasText";
      this.#colours[name] = forced ? chosen : style.getPropertyValue(`--${name}`);
    }
    this.#bold = forced || matchMedia(CONTRAST).matches;
    this.#playhead = Number(style.getPropertyValue("--playhead"));
    this.#drawn = null;
  }
}

/** How much a struck drum still shines, `frames` after the stroke. */
const glow = (frames) => (frames < 0 ? 0 : Math.max(0, 1 - frames / (0.25 * FRAMES_PER_SECOND)));

/** For less motion: whole bars that stand still, turned like pages, the playhead going by beats. */
function page(airing, position, span) {
  const { piece } = airing;
  const frames = (step) => airing.position + secondsAt(piece, step) * FRAMES_PER_SECOND;
  const step = stepAt(piece, (position - airing.position) / FRAMES_PER_SECOND);
  const bars = Math.max(1, Math.floor(stepAt(piece, span * 0.9) / STEPS_PER_BAR));
  const turn = bars * STEPS_PER_BAR;
  const margin = span * 0.04 * FRAMES_PER_SECOND;
  const left = frames(Math.floor(step / turn) * turn) - margin;
  return { left, now: frames(Math.floor(step / 4) * 4) };
}
