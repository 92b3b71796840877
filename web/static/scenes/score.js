// The music as a score, written as it is played: the line that sounds on top, what comes below.

import { STEPS_PER_BAR } from "../timeline.js";
import { ease } from "../walk.js";
import { Engraving, TALL } from "./engraving.js";
import { Pen } from "./glyphs.js";
import { SERIF, keyName } from "./text.js";

const WIDE = 0.86; // of the width
const HIGH = 0.88; // of the height
const LEAST_UNIT = 0.0115; // a space between lines, of the shorter side
const BAR_UNITS = 25; // wide, at least
const TURN_SECONDS = 1.6; // for a line that is done to leave
const EMBER_SECONDS = 6;

export class Score {
  static framesASecond = 30;

  #kept = new Map(); // lines that are engraved, by piece, bar and size
  #view;

  draw(context, view) {
    this.#view = view;
    const { airing, width, height } = view;
    if (!airing) return;
    const shape = shapeOf(width, height);
    const lines = this.#lines(context, shape);
    const [current] = lines;
    if (!current) return; // the piece is over
    const since = view.seconds - current.engraving.from;
    const turning = view.still ? 0 : 1 - ease(since / TURN_SECONDS);
    const x = (width - shape.wide) / 2;
    const top = (height - shape.rows * shape.tall) / 2;
    for (const line of lines) {
      const y = top + (line.row + turning) * shape.tall;
      // The last one comes up out of the dark as the one before the first leaves.
      const shown = line.row && line.row === shape.rows - 1 ? 1 - turning : 1;
      this.#line(context, line, x, y, shape, shown * (line.row ? 0.62 : 1));
    }
    if (turning > 0.01) this.#leaving(context, current, x, top, shape, turning);
    this.#now(context, current, x, top + turning * shape.tall, shape);
  }

  /** The lines on the wall: what sounds, and after it as many as there are rows. */
  #lines(context, shape) {
    const { timeline, airing, step } = this.#view;
    const found = [];
    let at = airing;
    let first = Math.floor(step / STEPS_PER_BAR / shape.bars) * shape.bars;
    while (at && found.length < shape.rows) {
      const bars = Math.round(at.piece.steps / STEPS_PER_BAR);
      if (first >= bars) {
        at = timeline.after(at);
        first = 0;
        continue;
      }
      const engraving = this.#engrave(context, at, first, shape);
      found.push({ row: found.length, airing: at, first, engraving });
      first += shape.bars;
    }
    const needed = new Set(found.map(({ engraving }) => engraving));
    for (const [key, { engraving, seen }] of this.#kept) {
      if (!needed.has(engraving) && this.#view.nowMs - seen > 3_000) this.#kept.delete(key);
    }
    return found;
  }

  #engrave(context, { piece }, first, { bars, wide, unit }) {
    const { light, nowMs } = this.#view;
    const scale = context.getTransform().a;
    const key = `${piece.id} ${first} ${bars} ${unit} ${scale}`;
    if (!this.#kept.has(key)) {
      const left = Math.min(bars, Math.round(piece.steps / STEPS_PER_BAR) - first);
      const engraving = new Engraving(piece, first, left, bars, wide, unit, light.ink, scale);
      this.#kept.set(key, { engraving });
    }
    const kept = this.#kept.get(key);
    kept.seen = nowMs;
    return kept.engraving;
  }

  #line(context, { airing, first, engraving, row }, x, y, shape, alpha) {
    const { light } = this.#view;
    const { unit } = shape;
    context.globalAlpha = light.faint(0.62) * alpha;
    context.drawImage(engraving.canvas, x, y, engraving.width, TALL * unit);
    if (first > 0 && row > 0) return;
    const { piece } = airing;
    context.fillStyle = light.ink;
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    context.globalAlpha = 0.8 * alpha;
    context.font = `${2.6 * unit}px ${SERIF}`;
    context.fillText(piece.title, x, y + 0.8 * unit);
    context.font = `italic ${1.8 * unit}px ${SERIF}`;
    context.textAlign = "right";
    const tempo = `${Math.round(piece.tempo_qpm)} to the minute`;
    context.fillText(`${keyName(piece.key)}, ${tempo}`, x + shape.wide, y + 0.8 * unit);
  }

  /** The line that was on top a moment ago goes up and out. */
  #leaving(context, { airing, first }, x, top, shape, turning) {
    const { timeline } = this.#view;
    const before = first ? airing : timeline.before(airing.position)[0];
    if (!before) return;
    const bars = Math.round(before.piece.steps / STEPS_PER_BAR);
    const from = first ? first - shape.bars : Math.floor((bars - 1) / shape.bars) * shape.bars;
    const engraving = this.#engrave(context, before, from, shape);
    const line = { row: 0, airing: before, first: from, engraving };
    this.#line(context, line, x, top + (turning - 1) * shape.tall, shape, turning ** 2);
  }

  /** What has sounded is warm, what sounds shines, and a light goes along. */
  #now(context, { engraving }, x, y, { unit }) {
    const { light, seconds, step } = this.#view;
    const pen = new Pen(context, unit);
    for (const { part, kind, hollow, from, to, ...head } of engraving.heads) {
      const age = seconds - from;
      if (age < 0) continue;
      const [hx, hy] = [x + head.x, y + head.y];
      const held = seconds < to;
      const ember = Math.exp(-age / EMBER_SECONDS);
      context.globalCompositeOperation = "lighter";
      const struck = Math.exp(-age / (part === "drums" ? 0.5 : 0.8));
      const ringing = held && part !== "drums" ? 0.5 : 0;
      light.shine(context, part, hx, hy, unit * 8, ringing + 0.45 * struck);
      context.globalCompositeOperation = "source-over";
      context.fillStyle = context.strokeStyle = light.part(part);
      context.globalAlpha = held ? 1 : 0.45 + 0.5 * ember;
      pen.head(hx, hy, kind, hollow);
    }
    const at = x + engraving.x(step);
    const [top, tall] = [y + 4 * unit, (TALL - 4) * unit];
    const fade = context.createLinearGradient(0, top, 0, top + tall);
    for (const [place, alpha] of [[0, 0], [0.2, 1], [0.8, 1], [1, 0]]) {
      fade.addColorStop(place, light.part("melody").replace(")", ` / ${alpha})`));
    }
    context.fillStyle = fade;
    context.globalAlpha = 0.07;
    context.fillRect(at - 1.4 * unit, top, 2.8 * unit, tall);
    context.globalAlpha = 0.4;
    context.fillRect(at - 0.05 * unit, top, 0.1 * unit, tall);
  }
}

/** How a score is laid over a wall: so large that it is read from afar. */
function shapeOf(width, height) {
  const wide = WIDE * width;
  const least = LEAST_UNIT * Math.min(width, height);
  const rows = Math.max(1, Math.min(3, Math.floor((HIGH * height) / (TALL * least))));
  const unit = Math.min((HIGH * height) / rows / TALL, wide / (BAR_UNITS + 8));
  const bars = [8, 4, 2, 1].find((each) => each * BAR_UNITS * unit + 8 * unit <= wide) ?? 1;
  return { wide, unit, rows, bars, tall: TALL * unit };
}
