// A roll of paper with holes, as a pianola has it: the light behind shines through where it sounds,
// and falls on the keys.

import { score } from "../score.js";
import { FRAMES_PER_SECOND } from "../timeline.js";
import { pageStart } from "./page.js";
import { Range } from "./range.js";
import { SERIF, keyName } from "./text.js";

const COMING_SECONDS = 7; // of paper above the bar
const BAR = 0.62; // where sound is, of the height
const KEYS = 0.93; // where the keys begin
const PAPER = { wide: 0.82, tall: 0.92 }; // of the width, on a wide and on a tall screen
const DRUM_SHARE = 0.1; // of the paper, at either edge
const EMBER_SECONDS = 2.2;
const SPROCKETS = 22; // on the height
const BLACK = [1, 3, 6, 8, 10];

export class Roll {
  static framesASecond = 60;

  #range = new Range();
  #view;
  #paper; // {x, wide, edge, lane}: where it lies, in CSS pixels
  #fall; // pixels a second
  #from; // {y, position}: what is drawn where
  #bar; // where the sound is, px from the top

  draw(context, view) {
    const { width, height, timeline, position } = view;
    this.#view = view;
    const wide = width * (width > height ? PAPER.wide : PAPER.tall);
    const edge = wide * DRUM_SHARE;
    this.#paper = { x: (width - wide) / 2, wide, edge, lane: edge / 6 };
    this.#fall = (height * BAR) / COMING_SECONDS;
    this.#from = view.still
      ? { y: height * (KEYS - 0.06), position: pageStart(view, COMING_SECONDS * 1.25) }
      : { y: height * BAR, position };
    this.#bar = this.#from.y - ((position - this.#from.position) / FRAMES_PER_SECOND) * this.#fall;
    const seconds = (y) => ((this.#from.y - y) / this.#fall) * FRAMES_PER_SECOND;
    const shown = timeline.between(
      this.#from.position + seconds(height),
      this.#from.position + seconds(0),
    );
    this.#range.lean(shown, view.passed);
    this.#ground(context);
    for (const airing of shown) this.#lines(context, airing);
    for (const airing of shown) this.#holes(context, airing);
    this.#line(context);
    this.#keys(context, shown);
  }

  #ground(context) {
    const { height, light } = this.#view;
    const { x, wide, edge } = this.#paper;
    // Paper over a lamp: warm where the light is behind it.
    const paper = context.createLinearGradient(0, 0, 0, height);
    for (const [at, bright] of [[0, 7], [BAR - 0.16, 10], [BAR, 14], [BAR + 0.12, 10], [1, 6]]) {
      paper.addColorStop(at, light.dusk(bright, 30, 6));
    }
    context.fillStyle = paper;
    const [top, tall] = [-0.03 * height, 1.06 * height]; // the whole picture drifts
    context.fillRect(x, top, wide, tall);
    context.fillStyle = "#000";
    context.globalAlpha = 0.22;
    context.fillRect(x, top, edge, tall);
    context.fillRect(x + wide - edge, top, edge, tall);
    // The holes that pull the paper: they show that it moves, even in a rest.
    const apart = height / SPROCKETS;
    const moved = ((this.#from.position / FRAMES_PER_SECOND) * this.#fall) % apart;
    context.fillStyle = "#000";
    context.globalAlpha = 0.55;
    context.beginPath();
    for (let y = moved - apart; y < height + apart; y += apart) {
      for (const at of [x - apart * 0.05 + apart * 0.3, x + wide - apart * 0.25]) {
        context.moveTo(at + apart * 0.1, y);
        context.arc(at, y, apart * 0.1, 0, 2 * Math.PI);
      }
    }
    context.fill();
  }

  #lines(context, airing) {
    const { height, light } = this.#view;
    const { x, wide, edge } = this.#paper;
    const { piece } = airing;
    context.fillStyle = context.strokeStyle = light.ink;
    context.textBaseline = "alphabetic";
    score(piece).bars.forEach(({ at, section }, bar) => {
      const y = this.#y(airing, at);
      if (airing.position + at * FRAMES_PER_SECOND >= airing.end || y < -80 || y > height) return;
      context.globalAlpha = light.faint(bar === 0 ? 0.4 : section.trim() ? 0.2 : 0.09);
      context.fillRect(x + edge, Math.round(y), wide - 2 * edge, 1);
      if (bar && !section.trim()) return;
      // Printed where a piece begins, and small again at its sections, for whoever comes later.
      const size = Math.min(height, wide) * (bar ? 0.024 : 0.046);
      context.font = `${bar ? "italic " : ""}${size}px ${SERIF}`;
      context.globalAlpha = light.faint(bar ? 0.42 : 0.6);
      context.textAlign = "left";
      context.fillText(piece.title, x + edge + 0.5 * size, y - 0.5 * size);
      context.textAlign = "right";
      const right = bar ? section : keyName(piece.key);
      context.fillText(right, x + wide - edge - 0.5 * size, y - 0.5 * size);
    });
  }

  #holes(context, airing) {
    const { position, height } = this.#view;
    const cut = (airing.end - airing.position) / FRAMES_PER_SECOND;
    const now = (position - airing.position) / FRAMES_PER_SECOND;
    for (const note of score(airing.piece).notes) {
      if (note.from >= cut) continue;
      const low = this.#y(airing, note.from);
      const high = this.#y(airing, Math.min(note.to, cut));
      if (low < -20 || high > height * KEYS) continue;
      if (note.part === "drums") this.#punch(context, note, low, now - note.from);
      else this.#slot(context, note, high, low, now - note.from, now < note.to);
    }
  }

  /** A melody or bass note: a slot, and the light that falls through it while it passes the bar. */
  #slot(context, note, high, low, age, held) {
    const { height, light } = this.#view;
    const lane = this.#laneWidth();
    const wide = Math.min(lane * 0.78, height * 0.03);
    const x = this.#x(note.pitch) - wide / 2;
    const colour = light.part(note.part);
    const tall = Math.max(wide, low - high - 2);
    const ember = Math.exp(-Math.max(0, age) / EMBER_SECONDS);
    context.fillStyle = colour;
    context.globalAlpha = age < 0 ? light.faint(0.42) : held ? 1 : 0.22 + 0.5 * ember;
    context.beginPath();
    context.roundRect(x, low - tall, wide, tall, wide / 2);
    context.fill();
    if (age < 0) return;
    const over = age - (note.to - note.from); // seconds since it went out
    const shining = held ? 0.35 + 0.65 * ember : 0.5 * ember * Math.exp(-over / 0.4);
    this.#beam(context, colour, x, wide, shining * (0.45 + 0.55 * note.loud));
    context.globalCompositeOperation = "lighter";
    light.shine(context, note.part, x + wide / 2, this.#bar, wide * 13, 0.9 * shining);
    if (held) light.shine(context, note.part, x + wide / 2, height * KEYS, wide * 9, 0.5 * shining);
    context.globalCompositeOperation = "source-over";
  }

  /** A cone from the bar down to the keys. */
  #beam(context, colour, x, wide, alpha) {
    if (alpha < 0.03) return;
    const { height } = this.#view;
    const top = this.#bar;
    const floor = height * KEYS;
    const fade = context.createLinearGradient(0, top, 0, floor);
    fade.addColorStop(0, colour.replace(")", " / 0.62)"));
    fade.addColorStop(1, colour.replace(")", " / 0.1)"));
    context.fillStyle = fade;
    context.globalAlpha = 0.8 * alpha;
    context.beginPath();
    context.moveTo(x, top);
    context.lineTo(x + wide, top);
    context.lineTo(x + wide * 1.9, floor);
    context.lineTo(x - wide * 0.9, floor);
    context.fill();
  }

  /** A drum: a round hole near an edge of the paper, low drums left, cymbals right. */
  #punch(context, note, y, age) {
    const { height, light } = this.#view;
    const { x, wide, edge, lane } = this.#paper;
    const left = note.lane < 5;
    const at = left ? x + (note.lane + 1.1) * lane : x + wide - edge + (note.lane - 4) * lane;
    const size = Math.min(lane * 0.3, height * 0.008);
    context.fillStyle = light.part("drums");
    context.globalAlpha = age < 0 ? light.faint(0.3) : 0.12 + 0.8 * Math.exp(-age / 0.5);
    context.beginPath();
    context.arc(at, y, size, 0, 2 * Math.PI);
    context.fill();
    if (age < 0 || age > 3) return;
    context.globalCompositeOperation = "lighter";
    const force = Math.exp(-age / 0.6) * note.loud;
    light.shine(context, "drums", at, this.#bar, size * 12, 0.7 * force);
    context.globalCompositeOperation = "source-over";
  }

  /** The bar that the paper runs over. */
  #line(context) {
    const { light } = this.#view;
    const { x, wide } = this.#paper;
    context.globalAlpha = 0.28;
    context.fillStyle = light.dusk(60, 30, 20);
    context.fillRect(x, this.#bar - 1, wide, 2);
  }

  #keys(context, shown) {
    const { height, light, position } = this.#view;
    const lane = this.#laneWidth();
    const down = new Map(); // part and light of each key that sounds
    for (const airing of shown) {
      const now = (position - airing.position) / FRAMES_PER_SECOND;
      if (position >= airing.end) continue;
      for (const { part, pitch, from, to } of score(airing.piece).notes) {
        if (part !== "drums" && from <= now && now < to) down.set(pitch, [part, now - from]);
      }
    }
    context.globalAlpha = 1;
    context.fillStyle = light.dusk(4, 22, 8);
    context.fillRect(this.#paper.x, height * KEYS, this.#paper.wide, height);
    for (let pitch = Math.ceil(this.#range.low); pitch <= this.#range.high; pitch++) {
      const black = BLACK.includes(pitch % 12);
      const wide = lane * (black ? 0.62 : 0.9);
      const tall = height * (1 - KEYS) * (black ? 0.6 : 1);
      const [part, age] = down.get(pitch) ?? [];
      context.fillStyle = part ? light.part(part) : light.dusk(black ? 5 : 17, 14, 20);
      context.globalAlpha = part ? 0.4 + 0.5 * Math.exp(-age / EMBER_SECONDS) : 0.8;
      context.beginPath();
      const corners = [0, 0, wide / 5, wide / 5];
      context.roundRect(this.#x(pitch) - wide / 2, height * KEYS, wide, tall * 0.86, corners);
      context.fill();
    }
  }

  #y(airing, seconds) {
    const from = (this.#from.position - airing.position) / FRAMES_PER_SECOND;
    return this.#from.y - (seconds - from) * this.#fall;
  }

  #x(pitch) {
    const { x, wide, edge } = this.#paper;
    return x + edge + (wide - 2 * edge) * (0.02 + 0.96 * this.#range.share(pitch));
  }

  #laneWidth() {
    const { wide, edge } = this.#paper;
    return ((wide - 2 * edge) * 0.96) / (this.#range.high - this.#range.low);
  }
}
