// A whole piece at a glance: its bars in rows as in a score, and a line that moves while it plays.

import { make, svgOf } from "./dom.js";
import { DRUM_LANES, PARTS, laneOf } from "./score.js";
import { STEPS_PER_BAR, secondsAt, stepAt } from "./timeline.js";

const HEIGHT = 100; // of a row's drawing, whatever its height on the page
const DRUM_SHARE = 0.28;
const MARGIN = 5; // above and below, where a round end would be cut off
const BARS_A_ROW = [4, 8, 16]; // whichever fits
const BAR_PX = 92; // narrower than this a bar is too dense
const LOUD = [56, 80, 100, 128]; // velocities below these are drawn alike
const GAP = 0.25; // steps between two notes of one pitch

export class Sheet {
  #piece;
  #bars;
  #rows = [];
  #line = make("i");
  #current;

  /** Draw `piece` into `element`; `seek(seconds)` is called where a listener points to. */
  constructor(element, piece, seek) {
    this.element = element;
    this.#piece = piece;
    this.#bars = piece.steps / STEPS_PER_BAR;
    this.#line.className = "line";
    element.setAttribute("aria-valuemin", 0);
    element.setAttribute("aria-valuemax", Math.round(piece.seconds));
    element.addEventListener("click", (event) => {
      const row = event.target.closest(".row");
      if (row) seek(secondsAt(piece, this.#stepIn(row, event.clientX)));
    });
    new ResizeObserver(() => this.#lay()).observe(element);
    this.at(null);
  }

  /** Put the line where it sounds; null for nowhere. */
  at(seconds) {
    const at = Math.min(seconds ?? 0, this.#piece.seconds);
    const step = stepAt(this.#piece, at);
    const bar = Math.min(this.#bars, 1 + Math.floor(step / STEPS_PER_BAR));
    this.element.ariaValueNow = String(Math.round(at));
    this.element.ariaValueText = `bar ${bar} of ${this.#bars}`;
    this.#current = seconds === null ? null : step;
    this.#move();
  }

  #move() {
    const row = this.#rows.findLast(({ from }) => from <= (this.#current ?? -1));
    this.#line.hidden = !row;
    if (!row) return;
    if (this.#line.parentNode !== row.element) row.element.append(this.#line);
    const share = Math.min(1, (this.#current - row.from) / (row.to - row.from));
    this.#line.style.left = `${(100 * share).toFixed(3)}%`;
  }

  #lay() {
    const fits = Math.floor(this.element.clientWidth / BAR_PX);
    const bars = BARS_A_ROW.findLast((each) => each <= fits) ?? BARS_A_ROW[0];
    if (this.#rows[0]?.bars === bars) return;
    const steps = bars * STEPS_PER_BAR;
    this.#rows = [];
    for (let from = 0; from < this.#piece.steps; from += steps) {
      const to = Math.min(from + steps, this.#piece.steps);
      const element = make("div", { className: "row" });
      element.style.width = `${(100 * (to - from)) / steps}%`;
      element.append(this.#draw(from, to), ...this.#letters(from, to));
      this.#rows.push({ element, from, to, bars });
    }
    this.element.replaceChildren(...this.#rows.map(({ element }) => element));
    this.#move();
  }

  #draw(from, to) {
    const svg = svgOf("svg", { viewBox: `0 0 ${to - from} ${HEIGHT}`, preserveAspectRatio: "none" });
    const bars = Array.from({ length: (to - from) / STEPS_PER_BAR }, (_, bar) => bar * STEPS_PER_BAR);
    svg.append(svgOf("path", { class: "bars", d: bars.map((x) => `M${x} 0V${HEIGHT}`).join("") }));
    for (const part of PARTS) {
      LOUD.forEach((loudest, level) => {
        const drawn = this.#piece.trio[part].filter(
          ([start, end, , velocity]) =>
            end > from && start < to && velocity < loudest && velocity >= (LOUD[level - 1] ?? 0),
        );
        const d = drawn.map((note) => this.#stroke(part, note, from, to)).join("");
        if (d) svg.append(svgOf("path", { class: `${part} loud${level}`, d }));
      });
    }
    return svg;
  }

  #stroke(part, [start, end, pitch], from, to) {
    const x = Math.max(start, from) - from;
    if (part === "drums") return `M${x + 0.3} ${this.#drumY(pitch)}h.01`;
    const until = Math.min(end, to) - from - GAP;
    return `M${x + GAP} ${this.#pitchY(pitch)}H${Math.max(until, x + GAP + 0.01)}`;
  }

  #pitchY(pitch) {
    const pitches = [...this.#piece.trio.melody, ...this.#piece.trio.bass].map((note) => note[2]);
    this.low ??= Math.min(55, ...pitches);
    this.high ??= Math.max(67, ...pitches);
    const share = (pitch - this.low) / (this.high - this.low);
    const floor = HEIGHT * (1 - DRUM_SHARE) - MARGIN;
    return (floor - share * (floor - MARGIN)).toFixed(2);
  }

  #drumY(pitch) {
    const share = (laneOf(pitch) + 0.5) / DRUM_LANES;
    return (HEIGHT - share * HEIGHT * DRUM_SHARE).toFixed(2);
  }

  #letters(from, to) {
    const letters = [...this.#piece.form];
    return letters.flatMap((textContent, i) => {
      const bar = Math.floor((i * this.#bars) / letters.length);
      const step = bar * STEPS_PER_BAR;
      if (step < from || step >= to || !textContent.trim()) return [];
      const letter = make("b", { textContent });
      letter.style.left = `${(100 * (step - from)) / (to - from)}%`;
      return [letter];
    });
  }

  #stepIn(row, x) {
    const { from, to } = this.#rows.find(({ element }) => element === row);
    const { left, width } = row.getBoundingClientRect();
    return from + Math.min(1, Math.max(0, (x - left) / width)) * (to - from);
  }
}
