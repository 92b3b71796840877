// The notes as lights: they wait faintly on the right, bloom as they sound, and go out as embers.

import { DRUM_LANES, score } from "../score.js";
import { FRAMES_PER_SECOND } from "../timeline.js";
import { drawStars } from "./night.js";
import { pageStart } from "./page.js";
import { Range } from "./range.js";

const SPAN_SECONDS = 18; // across a wide screen
const HORIZON = 0.58; // where sound is, of the width
const MARGIN = 0.05; // of a page that stands still
const EMBER_SECONDS = 5; // to a third of the light
const BLOOM_SECONDS = 1.1;
const RING_SECONDS = 1.6;
const CEILING = 0.15; // of the height; above it, as below the floor, is room for words
const FLOOR = 0.85;
const DRUM_SHARE = 0.13;

export class Sky {
  static framesASecond = 60;

  #range = new Range();
  #pixels; // a second
  #from; // {x, position}: what is drawn where
  #view;

  draw(context, view) {
    const { width, height, timeline, position } = view;
    this.#view = view;
    drawStars(context, view, 0.5);
    const seconds = SPAN_SECONDS * Math.min(1, Math.max(0.5, width / height / 1.6));
    this.#pixels = width / seconds;
    context.globalCompositeOperation = "lighter";
    const span = seconds * FRAMES_PER_SECOND;
    this.#from = view.still
      ? { x: MARGIN * width, position: pageStart(view, (1 - 2 * MARGIN) * seconds) }
      : { x: HORIZON * width, position };
    const left = this.#from.position - (this.#from.x / width + 0.1) * span;
    const shown = timeline.between(left, left + 1.2 * span);
    this.#range.lean(shown, view.passed);
    for (const airing of shown) this.#airing(context, airing);
  }

  #airing(context, airing) {
    const { width, position } = this.#view;
    const cut = (airing.end - airing.position) / FRAMES_PER_SECOND;
    const now = (position - airing.position) / FRAMES_PER_SECOND;
    const drawn = (this.#from.position - airing.position) / FRAMES_PER_SECOND;
    const thread = []; // where the melody went
    for (const note of score(airing.piece).notes) {
      if (note.from >= cut) continue;
      const x = this.#from.x + (note.from - drawn) * this.#pixels;
      const wide = (Math.min(note.to, cut) - note.from) * this.#pixels;
      if (x + wide < -0.1 * width || x > 1.1 * width) continue;
      const age = now - note.from; // seconds since it was struck
      if (note.part === "drums") this.#spark(context, note, x, age);
      else this.#beam(context, note, x, wide, age, now < note.to);
      if (note.part === "melody" && age > 0) thread.push([x, this.#y(note.pitch), age]);
    }
    this.#thread(context, thread);
  }

  /** A melody or bass note. */
  #beam(context, note, x, wide, age, held) {
    const { height, light } = this.#view;
    const y = this.#y(note.pitch);
    const lane = Math.max(3, (height * 0.5) / (this.#range.high - this.#range.low));
    const thick = note.part === "bass" ? 1.25 * lane : lane;
    const ember = Math.exp(-Math.max(0, age) / EMBER_SECONDS);
    const rise = Math.max(0, age) * 0.0006 * height; // embers climb
    context.fillStyle = light.part(note.part);
    context.globalAlpha = age < 0 ? light.faint(0.13) : (held ? 0.95 : 0.6) * ember;
    context.beginPath();
    context.roundRect(x, y - thick / 2 - rise, Math.max(thick, wide - 2), thick, thick / 2);
    context.fill();
    if (age < 0) return;
    const bloom = Math.exp(-age / BLOOM_SECONDS) * (0.4 + 0.6 * note.loud);
    // While the note is held its light stays on the horizon, and the note passes under it.
    const heart = x + Math.min(age * this.#pixels, wide);
    const shine = (held ? 0.55 * ember : 0) + 0.45 * bloom;
    light.shine(context, note.part, heart, y - rise, thick * (10 + 16 * bloom), shine);
  }

  /** A drum stroke: a light, and a ring that widens; the kick lights the ground. */
  #spark(context, note, x, age) {
    const { height, light, still } = this.#view;
    const y = height * (FLOOR - (DRUM_SHARE * note.lane) / DRUM_LANES);
    const size = height * (note.lane < 2 ? 0.0052 : 0.0034);
    context.fillStyle = light.part("drums");
    context.globalAlpha = age < 0 ? light.faint(0.16) : 0.75 * Math.exp(-age / (EMBER_SECONDS * 0.6));
    context.beginPath();
    context.arc(x, y, size, 0, 2 * Math.PI);
    context.fill();
    if (age < 0 || age > 2 * RING_SECONDS) return;
    const force = Math.exp(-age / 0.5) * note.loud;
    light.shine(context, "drums", x, y, size * 26, 0.7 * force);
    if (still) return;
    if (note.lane === 0) light.shine(context, "bass", x, height, height * 0.62, 0.2 * force);
    context.strokeStyle = context.fillStyle;
    context.lineWidth = 1;
    context.globalAlpha = 0.32 * Math.exp(-age / (RING_SECONDS / 3)) * note.loud;
    context.beginPath();
    const widened = (1 - Math.exp(-age / RING_SECONDS)) * (note.lane < 2 ? 16 : 8);
    context.arc(x, y, size * (1 + widened), 0, 2 * Math.PI);
    context.stroke();
  }

  /** A fine line through the melody's last notes. */
  #thread(context, points) {
    context.strokeStyle = this.#view.light.part("melody");
    context.lineWidth = 1.2;
    points.slice(1).forEach(([x, y, age], i) => {
      const [x0, y0] = points[i];
      context.globalAlpha = 0.28 * Math.exp(-age / 4);
      context.beginPath();
      context.moveTo(x0, y0);
      context.bezierCurveTo((x0 + x) / 2, y0, (x0 + x) / 2, y, x, y);
      context.stroke();
    });
  }

  #y(pitch) {
    const tall = FLOOR - DRUM_SHARE - 0.04 - CEILING;
    return this.#view.height * (CEILING + tall * (1 - this.#range.share(pitch)));
  }
}
