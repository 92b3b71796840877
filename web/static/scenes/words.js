// Only words, very large: what sounds, in which key, how fast, how far. For whoever cannot read a
// drawing, or stands at the other end of the hall.

import { FRAMES_PER_SECOND, STEPS_PER_BAR, tempoAt } from "../timeline.js";
import { SANS, SERIF, fitting, keyName, lines } from "./text.js";

const MARGIN = 0.07; // of the shorter side
const FADE_SECONDS = 1.5;
const PLACES = [0, 0.5, 1, 0.25, 0.75]; // of the free height, a piece each: no letter stays
const QUIET = 0.72;

export class Words {
  static framesASecond = 20;

  draw(context, view) {
    const { airing, seconds, light } = view;
    if (!airing) return;
    const left = (airing.end - airing.position) / FRAMES_PER_SECOND - seconds;
    const lit = Math.min(1, seconds / FADE_SECONDS, Math.max(0, left / FADE_SECONDS));
    context.fillStyle = light.strong.matches ? "#fff" : light.ink;
    context.textBaseline = "alphabetic";
    context.textAlign = "left";
    this.#write(context, view, lit);
  }

  #write(context, { width, height, airing, step, light, room }, lit) {
    const { piece } = airing;
    const shorter = Math.min(width, height);
    const margin = MARGIN * shorter;
    const wide = width - 2 * margin;
    const rows = width > height ? 2 : 4;
    const big = fitting(context, piece.title, SERIF, wide, rows, 0.2 * shorter);
    context.font = `${big}px ${SERIF}`;
    const title = lines(context, piece.title, wide);
    const small = 0.048 * shorter;
    const tall = title.length * big * 1.1 + small * 5;
    const turn = Math.round(airing.position / FRAMES_PER_SECOND) % PLACES.length;
    let y = margin + PLACES[turn] * Math.max(0, height - 2 * margin - tall) + 0.82 * big;
    context.globalAlpha = lit * (light.strong.matches ? 1 : 0.92);
    for (const line of title) {
      context.fillText(line, margin, y);
      y += big * 1.1;
    }
    y += 1.4 * small - 0.9 * big;
    context.globalAlpha *= light.strong.matches ? 1 : QUIET;
    context.font = `${small}px ${SANS}`;
    const tempo = Math.round(tempoAt(piece, step));
    context.fillText(`${keyName(piece.key)}, ${tempo} beats a minute`, margin, y);
    y += small * 1.5;
    const bars = Math.round(piece.steps / STEPS_PER_BAR);
    const bar = Math.min(bars, 1 + Math.floor(step / STEPS_PER_BAR));
    context.fillText(`Bar ${bar} of ${bars}${room.muted ? ", without sound" : ""}`, margin, y);
    this.#bars(context, margin, y + small * 0.9, wide, bars, step, light, lit);
  }

  /** A mark a bar, and the one that sounds filling up. */
  #bars(context, x, y, wide, bars, step, light, lit) {
    const each = Math.min(wide / bars, wide / 16);
    const thick = Math.max(3, wide * 0.004);
    context.fillStyle = light.part("melody");
    for (let bar = 0; bar < bars; bar++) {
      const done = Math.min(1, Math.max(0, step / STEPS_PER_BAR - bar));
      context.globalAlpha = lit * light.faint(0.16);
      context.fillRect(x + bar * each, y, each * 0.8, thick);
      context.globalAlpha = lit * 0.85;
      context.fillRect(x + bar * each, y, each * 0.8 * done, thick);
    }
  }
}
