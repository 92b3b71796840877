// One line of a score: some bars of a piece on three staves, engraved once, on a canvas of its own.

import { PARTS, score } from "../score.js";
import { STEPS_PER_BAR, secondsAt } from "../timeline.js";
import { Pen } from "./glyphs.js";
import { notate } from "./notation.js";
import { SERIF } from "./text.js";

// In spaces between two lines, from the top of the line of score.
export const TALL = 33;
const LOWEST_LINE = { melody: 10, bass: 19.5, drums: 28.5 };
const CLEF = 4.4; // wide
const SIGN = 1.05;
const BAR_BEGINS = 2; // before its first note
const BAR_ENDS = 0.6;
const STEM = 3.4;
const SHORTEST_STEM = 2.6;
const STEEPEST = 1; // a beam
const BEAM = 0.5; // thick
const INKED = 0.85; // how dark notes are; rests, lines and bars are less
// Places of the signature's signs on the treble staff; in the bass they are two lower.
const SHARPS = [8, 5, 9, 6, 3, 7, 4];
const FLATS = [4, 7, 3, 6, 2, 5, 1];

export class Engraving {
  heads = []; // {part, x, y, kind, hollow, from, to}: px, and seconds from the piece's start
  #piece;
  #first; // bar
  #bars;
  #all; // bars there is room for
  #unit; // px a space
  #pen;

  /**
   * `bars` bars of `piece` from bar `first`, where `all` would fill `width` px; a space is `unit` px.
   * `scale` is the canvas's pixels a px.
   */
  constructor(piece, first, bars, all, width, unit, ink, scale) {
    this.#piece = piece;
    this.#first = first;
    this.#bars = bars;
    this.#all = all;
    this.#unit = unit;
    this.width = width;
    this.canvas = document.createElement("canvas");
    this.canvas.width = Math.ceil(width * scale);
    this.canvas.height = Math.ceil(TALL * unit * scale);
    const context = this.canvas.getContext("2d");
    context.scale(scale, scale);
    context.fillStyle = context.strokeStyle = ink;
    context.lineCap = "butt";
    this.#pen = new Pen(context, unit);
    this.#staves(context);
    this.#words(context);
    for (const part of PARTS) this.#part(context, part);
  }

  get from() {
    return secondsAt(this.#piece, this.#first * STEPS_PER_BAR);
  }

  /** Where `step` of the piece lies, px. */
  x(step) {
    const bar = Math.min(this.#bars - 1e-6, Math.max(0, step / STEPS_PER_BAR - this.#first));
    const within = (bar % 1) * (this.#barWide - (BAR_BEGINS + BAR_ENDS) * this.#unit);
    return this.#barX(Math.floor(bar)) + BAR_BEGINS * this.#unit + within;
  }

  get #prefix() {
    return (CLEF + SIGN * Math.abs(notate(this.#piece).sharps)) * this.#unit;
  }

  get #barWide() {
    return (this.width - this.#prefix) / this.#all;
  }

  #barX(bar) {
    return this.#prefix + bar * this.#barWide;
  }

  /** Of a place on a part's staff; 0 is its lowest line. */
  #y(part, place) {
    return (LOWEST_LINE[part] - place / 2) * this.#unit;
  }

  #staves(context) {
    const unit = this.#unit;
    const end = this.#barX(this.#bars);
    const last = this.#first + this.#bars >= this.#piece.steps / STEPS_PER_BAR;
    const thin = Math.max(1, unit * 0.09);
    for (const part of PARTS) {
      context.globalAlpha = 0.5;
      for (let line = 0; line < 5; line++) {
        context.fillRect(0, this.#y(part, 2 * line) - thin / 2, end, thin);
      }
      const top = this.#y(part, 8);
      const tall = 4 * unit;
      for (let bar = 1; bar <= this.#bars; bar++) {
        context.fillRect(this.#barX(bar) - thin, top, thin * 1.4, tall);
      }
      if (last) context.fillRect(end - unit * 0.45, top, unit * 0.45, tall);
      if (last) context.fillRect(end - unit * 0.9, top, thin * 1.4, tall);
      context.globalAlpha = 0.8;
      this.#clef(part);
    }
    const top = this.#y("melody", 8);
    context.fillRect(-thin, top, thin * 2.4, this.#y("drums", 0) - top);
  }

  #clef(part) {
    const pen = this.#pen;
    const x = 1.9 * this.#unit;
    if (part === "drums") return void pen.percussion(x, this.#y(part, 4));
    if (part === "melody") pen.treble(x, this.#y(part, 2));
    else pen.bass(x, this.#y(part, 6));
    const { sharps, [part]: { octave } } = notate(this.#piece);
    const [above, below] = part === "melody" ? [13.6, -4.6] : [10.4, -1.2];
    if (octave) this.#eight(x, this.#y(part, octave > 0 ? above : below), octave);
    const places = sharps > 0 ? SHARPS : FLATS;
    for (let i = 0; i < Math.abs(sharps); i++) {
      const place = places[i] - (part === "bass" ? 2 : 0);
      pen.sign((CLEF - 0.4 + SIGN * i) * this.#unit, this.#y(part, place), Math.sign(sharps));
    }
  }

  /** The small figure at what sounds octaves higher or lower than it is written. */
  #eight(x, y, octaves) {
    const { context } = this.#pen;
    context.font = `italic ${1.7 * this.#unit}px ${SERIF}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(Math.abs(octaves) > 1 ? "15" : "8", x, y);
  }

  #words(context) {
    const unit = this.#unit;
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    context.globalAlpha = 0.85;
    score(this.#piece).bars.slice(this.#first, this.#first + this.#bars).forEach(({ section }, bar) => {
      const x = this.#barX(bar);
      context.font = `italic ${1.9 * unit}px ${SERIF}`;
      if (section.trim()) context.fillText(section, x + (bar ? 0.2 : -0.2) * unit, 3.4 * unit);
    });
  }

  #part(context, part) {
    const bars = notate(this.#piece)[part].bars.slice(this.#first, this.#first + this.#bars);
    bars.forEach((events, bar) => {
      for (const event of events) this.#event(context, part, bar, event);
      context.globalAlpha = INKED;
      const beams = new Map();
      for (const event of events) {
        if (event.beam) beams.set(event.beam, [...(beams.get(event.beam) ?? []), event]);
        else this.#stem(context, part, bar, event);
      }
      for (const beamed of beams.values()) this.#beam(context, part, bar, beamed);
    });
  }

  #event(context, part, bar, { step, steps, heads, tied }) {
    const unit = this.#unit;
    const start = (this.#first + bar) * STEPS_PER_BAR + step;
    const x = this.x(start);
    context.globalAlpha = heads.length ? INKED : 0.5;
    if (!heads.length) {
      const whole = steps === STEPS_PER_BAR;
      const at = whole ? this.#barX(bar) + this.#barWide / 2 : x;
      this.#pen.rest(at, this.#y(part, 4), steps);
      if (dotted(steps)) this.#pen.ball(at + 1.2 * unit, this.#y(part, 5), 0.2);
      return;
    }
    const times = { from: secondsAt(this.#piece, start), to: secondsAt(this.#piece, start + steps) };
    for (const { place, sign, kind, octaves = 0 } of heads) {
      const y = this.#y(part, place);
      const hollow = steps >= 8;
      this.heads.push({ part, x, y, kind, hollow, ...times });
      this.#pen.head(x, y, kind, hollow);
      if (octaves) this.#eight(x, this.#y(part, octaves > 0 ? 13.5 : -5.5), octaves);
      if (sign !== null) this.#pen.sign(x - 1.5 * unit, y, sign);
      const dotY = place % 2 ? y : y - 0.5 * unit;
      if (dotted(steps)) this.#pen.ball(x + 1.15 * unit, dotY, 0.2);
      for (let line = -2; line >= place; line -= 2) this.#ledger(context, x, this.#y(part, line));
      for (let line = 10; line <= place; line += 2) this.#ledger(context, x, this.#y(part, line));
      const end = (this.#first + this.#bars) * STEPS_PER_BAR - 0.01;
      if (tied) this.#tie(context, x, this.x(Math.min(start + steps, end)), y, place < 4);
    }
  }

  #ledger(context, x, y) {
    const unit = this.#unit;
    context.fillRect(x - 1.05 * unit, y - 0.06 * unit, 2.1 * unit, 0.12 * unit);
  }

  #tie(context, from, to, y, below) {
    const unit = this.#unit;
    const way = below ? 1 : -1;
    const [ax, bx, side] = [from + 0.7 * unit, to - 0.7 * unit, y + way * 0.55 * unit];
    context.beginPath();
    context.moveTo(ax, side);
    context.quadraticCurveTo((ax + bx) / 2, side + way * 1.1 * unit, bx, side);
    context.quadraticCurveTo((ax + bx) / 2, side + way * 0.8 * unit, ax, side);
    context.fill();
  }

  #stem(context, part, bar, { step, steps, heads }) {
    if (!heads.length || steps === STEPS_PER_BAR) return;
    const way = upward(part, [heads]) ? 1 : -1;
    const unit = this.#unit;
    const x = this.#stemX(bar, step, way);
    const [near, far] = ends(heads, way);
    const tip = this.#y(part, far) - way * STEM * unit;
    context.lineWidth = 0.13 * unit;
    context.beginPath();
    context.moveTo(x, this.#y(part, near) - way * 0.15 * unit);
    context.lineTo(x, tip);
    context.stroke();
    if (steps < 4) this.#pen.flags(x, tip, steps === 1 ? 2 : 1, way);
  }

  #beam(context, part, bar, events) {
    const unit = this.#unit;
    const way = upward(part, events.map(({ heads }) => heads)) ? 1 : -1;
    const stems = events.map(({ step, steps, heads }) => {
      const [near, far] = ends(heads, way);
      const x = this.#stemX(bar, step, way);
      return { steps, x, near: this.#y(part, near), far: this.#y(part, far) };
    });
    const [first, last] = [stems[0], stems.at(-1)];
    const fall = Math.max(-STEEPEST, Math.min(STEEPEST, ((last.far - first.far) / unit) * 0.4)) * unit;
    const line = (x) => first.far - way * STEM * unit + (fall * (x - first.x)) / (last.x - first.x);
    // Far enough from every head.
    const short = Math.max(0, ...stems.map(({ x, far }) => SHORTEST_STEM * unit - way * (far - line(x))));
    const y = (x) => line(x) - way * short;
    context.lineWidth = 0.13 * unit;
    context.beginPath();
    for (const stem of stems) {
      context.moveTo(stem.x, stem.near - way * 0.15 * unit);
      context.lineTo(stem.x, y(stem.x));
    }
    context.stroke();
    this.#bar(context, first.x, last.x, y, 0, way);
    stems.forEach((stem, i) => {
      if (stem.steps !== 1) return;
      const next = stems[i + 1];
      if (next?.steps === 1) this.#bar(context, stem.x, next.x, y, 1, way);
      else if (stems[i - 1]?.steps !== 1) {
        this.#bar(context, ...(next ? [stem.x, stem.x + unit] : [stem.x - unit, stem.x]), y, 1, way);
      }
    });
  }

  #bar(context, from, to, y, row, way) {
    const unit = this.#unit;
    const down = way * row * 0.8 * unit;
    const [a, b] = [from - 0.06 * unit, to + 0.06 * unit];
    context.beginPath();
    context.moveTo(a, y(a) + down);
    context.lineTo(b, y(b) + down);
    context.lineTo(b, y(b) + down + way * BEAM * unit);
    context.lineTo(a, y(a) + down + way * BEAM * unit);
    context.fill();
  }

  #stemX(bar, step, way) {
    return this.x((this.#first + bar) * STEPS_PER_BAR + step) + way * 0.58 * this.#unit;
  }
}

const dotted = (steps) => [3, 6, 12].includes(steps);

/** Stems go up from the lower half of a staff; drums' always. */
function upward(part, chords) {
  if (part === "drums") return true;
  const places = chords.flat().map(({ place }) => place);
  return places.reduce((sum, place) => sum + place, 0) / places.length < 4;
}

/** The head where a stem begins and the one that it goes beyond. */
function ends(heads, way) {
  const places = heads.map(({ place }) => place);
  const [low, high] = [Math.min(...places), Math.max(...places)];
  return way > 0 ? [low, high] : [high, low];
}
