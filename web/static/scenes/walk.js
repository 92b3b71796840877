// The walk through latent space: each piece a constellation, and a light that goes from star to star
// as the music does. Each note leaves it in a direction of its own.

import { score } from "../score.js";
import { FRAMES_PER_SECOND } from "../timeline.js";
import { drawStars } from "./night.js";
import { constellation, placeAt } from "./path.js";
import { SANS, SERIF } from "./text.js";

const LEAN_SECONDS = 7; // of the eye that follows the walk
const LEAST_SPAN = 0.34; // of the plane, across the shorter side
const FILLED = 0.56; // of the screen either way, by the constellation
const TRAIL_SECONDS = 40;
const TRAIL_LOOKS = 60;
const FLIGHT_SECONDS = 4.5;
const FIFTHS = 7; // semitones: neighbours on the circle of fifths fly off side by side
const ORBIT_SECONDS = 24;
const SEEN_BEFORE = 7; // pieces
const NEAR_SECONDS = 45;

export class Walk {
  static framesASecond = 60;

  #eye = null; // {x, y, span}: what of the plane is seen
  #view;

  draw(context, view) {
    this.#view = view;
    drawStars(context, view, 0.7);
    const place = placeAt(view.timeline, view.position) ?? [0, 0];
    this.#look(place);
    context.lineCap = "round";
    const { timeline, airing } = view;
    const earlier = airing ? timeline.before(airing.position).slice(0, SEEN_BEFORE) : [];
    earlier.forEach(({ piece }, i) => this.#constellation(context, piece, 0.42 * 0.76 ** i, true));
    if (airing) {
      this.#ahead(context, airing, place);
      this.#constellation(context, airing.piece, 0.8, false);
    }
    context.globalCompositeOperation = "lighter";
    this.#trail(context);
    if (airing) this.#flights(context, airing);
    this.#head(context, place);
    context.globalCompositeOperation = "source-over";
    this.#axes(context);
  }

  /** Lean the eye to the walk: the light near the middle, and all of its piece in sight. */
  #look([x, y]) {
    const { airing, timeline, passed } = this.#view;
    // What comes next comes in sight when the piece is nearly over.
    const near = airing && airing.end - this.#view.position < NEAR_SECONDS * FRAMES_PER_SECOND;
    const points = [airing?.piece, near ? timeline.after(airing)?.piece : null]
      .flatMap((piece) => (piece ? constellation(piece).points : []));
    const xs = [x, ...points.map((point) => point.x)];
    const ys = [y, ...points.map((point) => point.y)];
    const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const { width, height } = this.#view;
    const unit = Math.min(width, height);
    const span = Math.max((right - left) * (unit / width), (high - low) * (unit / height)) / FILLED;
    const wanted = {
      x: (left + right) / 3 + x / 3,
      y: (low + high) / 3 + y / 3,
      span: Math.max(LEAST_SPAN, span),
    };
    this.#eye ??= wanted;
    const share = 1 - Math.exp(-passed / LEAN_SECONDS);
    for (const name of Object.keys(wanted)) this.#eye[name] += (wanted[name] - this.#eye[name]) * share;
  }

  /** On the screen. */
  #at([x, y]) {
    const { width, height } = this.#view;
    const scale = Math.min(width, height) / this.#eye.span;
    return [width / 2 + (x - this.#eye.x) * scale, height / 2 - (y - this.#eye.y) * scale];
  }

  /** A piece that was is named as a whole; of what sounds the letters of its form are there. */
  #constellation(context, piece, alpha, past) {
    const { light, width, height } = this.#view;
    const { points, ways } = constellation(piece);
    if (!points.length) return;
    const unit = Math.min(width, height);
    const places = points.map(({ x, y }) => this.#at([x, y]));
    context.strokeStyle = context.fillStyle = light.ink;
    context.lineWidth = Math.max(1, unit * 0.0011);
    context.globalAlpha = light.faint(0.36 * alpha);
    context.beginPath();
    for (const [from, to] of ways) {
      context.moveTo(...places[from]);
      context.lineTo(...places[to]);
    }
    context.stroke();
    const bridge = piece.origin === "bridge";
    context.globalAlpha = light.faint(alpha);
    context.beginPath();
    for (const [x, y] of places) {
      context.moveTo(x, y);
      context.arc(x, y, unit * (bridge ? 0.0018 : 0.0042), 0, 2 * Math.PI);
    }
    context.fill();
    if (bridge) return;
    context.globalAlpha = light.faint(0.75 * alpha);
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    context.font = past ? `italic ${unit * 0.018}px ${SERIF}` : `${unit * 0.017}px ${SANS}`;
    points.slice(0, past ? 1 : undefined).forEach(({ letters }, i) => {
      const [x, y] = places[i];
      const name = past ? piece.title : [...letters].join(" ");
      context.fillText(name, x + unit * 0.014, y - unit * 0.012);
    });
  }

  /** Where it goes next. */
  #ahead(context, airing, place) {
    const { light, timeline, width, height } = this.#view;
    const next = timeline.after(airing)?.piece;
    if (!next?.walk) return;
    const bars = next.origin === "bridge" ? next.walk.bars : next.walk.bars.slice(0, 1);
    const unit = Math.min(width, height);
    const from = airing.piece.walk?.bars.at(-1) ?? place;
    context.strokeStyle = context.fillStyle = light.part("bass");
    context.lineWidth = Math.max(1, unit * 0.0014);
    context.setLineDash([unit * 0.002, unit * 0.009]);
    context.globalAlpha = light.faint(0.4);
    context.beginPath();
    context.moveTo(...this.#at(from));
    for (const bar of bars) context.lineTo(...this.#at(bar));
    context.stroke();
    context.setLineDash([]);
    const [x, y] = this.#at(bars.at(-1));
    context.globalAlpha = light.faint(0.5);
    context.beginPath();
    context.arc(x, y, unit * 0.012, 0, 2 * Math.PI);
    context.stroke();
    const title = next.title.split("→").at(-1).trim();
    context.font = `italic ${unit * 0.02}px ${SERIF}`;
    context.textAlign = "center";
    context.textBaseline = "top";
    context.globalAlpha = light.faint(0.5);
    context.fillText(title, x, y + unit * 0.022);
  }

  /** Where the light came from. */
  #trail(context) {
    const { light, timeline, position, width, height } = this.#view;
    const unit = Math.min(width, height);
    context.strokeStyle = light.part("melody");
    context.lineCap = "butt"; // round ends would lie over each other like beads
    let to = null;
    for (let i = 0; i <= TRAIL_LOOKS; i++) {
      const at = position - (i / TRAIL_LOOKS) * TRAIL_SECONDS * FRAMES_PER_SECOND;
      const place = placeAt(timeline, at);
      if (!place) return;
      const from = this.#at(this.#orbited(place, at));
      if (to) {
        const left = 1 - i / TRAIL_LOOKS;
        context.globalAlpha = 0.75 * left ** 2;
        context.lineWidth = unit * 0.0045 * left + 0.5;
        context.beginPath();
        context.moveTo(...from);
        context.lineTo(...to);
        context.stroke();
      }
      to = from;
    }
  }

  /** It never quite rests: it circles the place where it is. */
  #orbited([x, y], position) {
    if (this.#view.still) return [x, y];
    const turn = (position / FRAMES_PER_SECOND / ORBIT_SECONDS) * 2 * Math.PI;
    const wide = this.#eye.span * 0.021 * (1 + 0.3 * Math.sin(turn * 0.37));
    return [x + wide * Math.cos(turn), y + wide * 0.8 * Math.sin(turn)];
  }

  /** The notes of the last seconds, flying off from where the light was when they were struck. */
  #flights(context, airing) {
    const { light, timeline, position, width, height } = this.#view;
    const unit = Math.min(width, height);
    const now = (position - airing.position) / FRAMES_PER_SECOND;
    for (const note of score(airing.piece).notes) {
      const age = now - note.from;
      if (age < 0 || age > FLIGHT_SECONDS) continue;
      const struck = airing.position + note.from * FRAMES_PER_SECOND;
      const from = placeAt(timeline, struck);
      if (!from) continue;
      const [x, y] = this.#at(this.#orbited(from, struck));
      const left = 1 - age / FLIGHT_SECONDS;
      if (note.part === "drums") this.#ring(context, note, x, y, age);
      else this.#spark(context, note, x, y, age, left, unit);
    }
    context.globalAlpha = 1;
  }

  #spark(context, note, x, y, age, left, unit) {
    const { light, still } = this.#view;
    const bass = note.part === "bass";
    const angle = ((note.pitch * FIFTHS) % 12) * (Math.PI / 6) - Math.PI / 2 + (bass ? Math.PI / 12 : 0);
    const flown = still ? 0.5 : 1 - Math.exp(-age / 1.6);
    const far = unit * (bass ? 0.16 : 0.3) * flown;
    const size = unit * (bass ? 0.0062 : 0.0048) * (0.5 + note.loud);
    const at = [x + far * Math.cos(angle), y + far * Math.sin(angle)];
    light.shine(context, note.part, ...at, size * (10 + 12 * left), 0.75 * left ** 1.5);
    context.fillStyle = light.part(note.part);
    context.globalAlpha = 0.9 * left;
    context.beginPath();
    context.arc(...at, size * (0.4 + 0.6 * left), 0, 2 * Math.PI);
    context.fill();
  }

  /** Low drums push a ring out; cymbals and hats only shimmer on it. */
  #ring(context, note, x, y, age) {
    const { light, width, height, still } = this.#view;
    if (note.lane > 1 || age > 2.4 || still) return;
    const unit = Math.min(width, height);
    context.strokeStyle = light.part(note.lane === 0 ? "bass" : "drums");
    context.lineWidth = Math.max(1, unit * 0.0016);
    context.globalAlpha = 0.5 * note.loud * Math.exp(-age / 0.8);
    context.beginPath();
    const wide = unit * (note.lane === 0 ? 0.16 : 0.09) * (1 - Math.exp(-age / 0.9));
    context.arc(x, y, wide, 0, 2 * Math.PI);
    context.stroke();
  }

  #head(context, place) {
    const { light, width, height, position } = this.#view;
    const unit = Math.min(width, height);
    const [x, y] = this.#at(this.#orbited(place, position));
    light.shine(context, "melody", x, y, unit * 0.2, 0.6);
    light.shine(context, "melody", x, y, unit * 0.05, 1);
    context.fillStyle = light.ink;
    context.globalAlpha = 0.95;
    context.beginPath();
    context.arc(x, y, unit * 0.0055, 0, 2 * Math.PI);
    context.fill();
  }

  /** What it means to be here rather than there. */
  #axes(context) {
    const { light, width, height, house } = this.#view;
    const [across, up] = house.axes;
    if (!across?.low) return;
    const unit = Math.min(width, height);
    context.fillStyle = light.ink;
    context.globalAlpha = light.faint(0.26);
    context.font = `${unit * 0.017}px ${SANS}`;
    context.textBaseline = "middle";
    context.textAlign = "left";
    context.fillText(`← ${across.low}`, unit * 0.035, height / 2);
    context.textAlign = "right";
    context.fillText(`${across.high} →`, width - unit * 0.035, height / 2);
    context.textAlign = "center";
    context.fillText(`↑ ${up.high}`, width / 2, unit * 0.045);
    context.fillText(`↓ ${up.low}`, width / 2, height - unit * 0.045);
  }
}
