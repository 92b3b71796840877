// The notes as lights: they wait faintly on the right, bloom as they sound, and go out as embers.

import { DRUM_LANES, PARTS, score } from "./score.js";
import { FRAMES_PER_SECOND } from "./timeline.js";

const SPAN_SECONDS = 18; // across the screen
const HORIZON = 0.58; // where sound is, of the width
const EMBER_SECONDS = 5; // to a third of the light
const BLOOM_SECONDS = 1.1;
const RING_SECONDS = 1.6;
const HUE_SECONDS = 8; // a new key colours the sky this slowly
const CEILING = 0.15; // of the height; above it, as below the floor, is room for words
const FLOOR = 0.85;
const DRUM_SHARE = 0.13;
const GLOW_PX = 128;
const HUES = { melody: 0, bass: 170, drums: 265 }; // degrees from the key's own
const FIFTHS = ["C", "G", "D", "A", "E", "B", "F#", "C#", "G#", "D#", "A#", "F"];
const FLATS = { Db: "C#", Eb: "D#", Gb: "F#", Ab: "G#", Bb: "A#" };

export class Sky {
  #context;
  #width = 0; // CSS pixels
  #height = 0;
  #hue = 30; // degrees
  #glows = null; // one drawn light a part, for the hue in #glowHue
  #glowHue = null;
  #low = 36;
  #high = 84;
  #drawn = null; // position of the last picture

  constructor(canvas) {
    this.canvas = canvas;
    this.#context = canvas.getContext("2d", { alpha: false });
    new ResizeObserver(() => this.#fit()).observe(canvas);
    this.#fit();
  }

  /** Draw the notes around `position` (or only the night, when null), moved by `drift`. */
  draw(timeline, position, drift) {
    const context = this.#context;
    context.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    context.globalCompositeOperation = "source-over";
    context.globalAlpha = 1;
    context.fillStyle = `hsl(${this.#hue + 200} 30% 3.5%)`;
    context.fillRect(0, 0, this.#width, this.#height);
    if (position === null) return;
    context.translate(drift.x * this.#width, drift.y * this.#height);
    context.globalCompositeOperation = "lighter";
    const span = SPAN_SECONDS * FRAMES_PER_SECOND;
    const left = position - (HORIZON + 0.1) * span;
    const shown = timeline.between(left, left + 1.2 * span);
    this.#lean(shown, position);
    this.#light();
    for (const airing of shown) this.#airing(airing, position);
  }

  #airing(airing, position) {
    const pixels = this.#width / SPAN_SECONDS; // a second
    const cut = (airing.end - airing.position) / FRAMES_PER_SECOND;
    const now = (position - airing.position) / FRAMES_PER_SECOND;
    const thread = []; // where the melody went
    for (const note of score(airing.piece).notes) {
      if (note.from >= cut) continue;
      const x = this.#width * HORIZON + (note.from - now) * pixels;
      const wide = (Math.min(note.to, cut) - note.from) * pixels;
      if (x + wide < -0.1 * this.#width || x > 1.1 * this.#width) continue;
      const age = now - note.from; // seconds since it was struck
      if (note.part === "drums") this.#spark(note, x, age);
      else this.#beam(note, x, wide, age, now < note.to);
      if (note.part === "melody" && age > 0) thread.push([x, this.#y(note.pitch), age]);
    }
    this.#thread(thread);
  }

  /** A melody or bass note. */
  #beam(note, x, wide, age, held) {
    const context = this.#context;
    const y = this.#y(note.pitch);
    const lane = Math.max(3, (this.#height * 0.5) / (this.#high - this.#low));
    const thick = note.part === "bass" ? 1.25 * lane : lane;
    const ember = Math.exp(-Math.max(0, age) / EMBER_SECONDS);
    const rise = Math.max(0, age) * 0.0006 * this.#height; // embers climb
    context.fillStyle = this.#colour(note.part);
    context.globalAlpha = age < 0 ? 0.13 : (held ? 0.95 : 0.6) * ember;
    context.beginPath();
    context.roundRect(x, y - thick / 2 - rise, Math.max(thick, wide - 2), thick, thick / 2);
    context.fill();
    if (age < 0) return;
    const bloom = Math.exp(-age / BLOOM_SECONDS) * (0.4 + 0.6 * note.loud);
    // While the note is held its light stays on the horizon, and the note passes under it.
    const heart = x + Math.min(age * (this.#width / SPAN_SECONDS), wide);
    const light = (held ? 0.55 * ember : 0) + 0.45 * bloom;
    this.#glow(note.part, heart, y - rise, thick * (10 + 16 * bloom), light);
  }

  /** A drum stroke: a light, and a ring that widens; the kick lights the ground. */
  #spark(note, x, age) {
    const context = this.#context;
    const y = this.#height * (FLOOR - (DRUM_SHARE * note.lane) / DRUM_LANES);
    const size = this.#height * (note.lane < 2 ? 0.0052 : 0.0034);
    context.fillStyle = this.#colour("drums");
    context.globalAlpha = age < 0 ? 0.16 : 0.75 * Math.exp(-age / (EMBER_SECONDS * 0.6));
    context.beginPath();
    context.arc(x, y, size, 0, 2 * Math.PI);
    context.fill();
    if (age < 0 || age > 2 * RING_SECONDS) return;
    const force = Math.exp(-age / 0.5) * note.loud;
    this.#glow("drums", x, y, size * 26, 0.7 * force);
    if (note.lane === 0) this.#glow("bass", x, this.#height, this.#height * 0.62, 0.2 * force);
    context.strokeStyle = context.fillStyle;
    context.lineWidth = 1;
    context.globalAlpha = 0.32 * Math.exp(-age / (RING_SECONDS / 3)) * note.loud;
    context.beginPath();
    const widened = (1 - Math.exp(-age / RING_SECONDS)) * (note.lane < 2 ? 16 : 8);
    context.arc(x, y, size * (1 + widened), 0, 2 * Math.PI);
    context.stroke();
  }

  /** A fine line through the melody's last notes. */
  #thread(points) {
    const context = this.#context;
    context.strokeStyle = this.#colour("melody");
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

  #glow(part, x, y, size, alpha) {
    if (alpha < 0.03) return;
    this.#context.globalAlpha = Math.min(1, alpha);
    this.#context.drawImage(this.#glows[part], x - size / 2, y - size / 2, size, size);
  }

  #y(pitch) {
    const share = (pitch - this.#low) / (this.#high - this.#low);
    return this.#height * (CEILING + (FLOOR - DRUM_SHARE - 0.04 - CEILING) * (1 - share));
  }

  #colour(part) {
    return `hsl(${this.#hue + HUES[part]} ${part === "drums" ? "35% 76%" : "78% 66%"})`;
  }

  /** Lean towards the range and the hue of what is shown, at the pace of the music. */
  #lean(shown, position) {
    const passed = Math.abs(position - (this.#drawn ?? -Infinity)) / FRAMES_PER_SECOND;
    this.#drawn = position;
    if (!shown.length) return;
    const share = 1 - Math.exp(-passed / HUE_SECONDS);
    const scores = shown.map((airing) => score(airing.piece));
    this.#low += (Math.min(...scores.map((each) => each.low)) - 2 - this.#low) * share;
    this.#high += (Math.max(...scores.map((each) => each.high)) + 2 - this.#high) * share;
    const sounding = shown.findLast((airing) => airing.position <= position) ?? shown[0];
    this.#hue += (hueOf(sounding.piece.key) - this.#hue) * share;
  }

  /** Draw each part's light once a hue, not once a note. */
  #light() {
    if (this.#glowHue !== null && Math.abs(this.#glowHue - this.#hue) < 2) return;
    this.#glowHue = this.#hue;
    this.#glows = Object.fromEntries(PARTS.map((part) => [part, light(this.#colour(part))]));
  }

  #fit() {
    this.scale = Math.min(1.5, devicePixelRatio);
    this.#width = this.canvas.clientWidth;
    this.#height = this.canvas.clientHeight;
    this.canvas.width = Math.round(this.#width * this.scale);
    this.canvas.height = Math.round(this.#height * this.scale);
  }
}

/**
 * The melody's hue, from rose to gold: neighbours on the circle of fifths have neighbouring hues,
 * relatives the same. The greens between would look sick on a wall.
 */
function hueOf(key) {
  const [tonic, mode] = key.split(" ");
  const place = FIFTHS.indexOf(FLATS[tonic] ?? tonic) - (mode === "minor" ? 3 : 0);
  return 22 + 32 * Math.sin((place / FIFTHS.length) * 2 * Math.PI);
}

const LIGHT = [[0, 0.9], [0.12, 0.42], [0.35, 0.13], [0.65, 0.03], [1, 0]]; // place, alpha

function light(colour) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = GLOW_PX;
  const context = canvas.getContext("2d");
  const half = GLOW_PX / 2;
  const fade = context.createRadialGradient(half, half, 0, half, half, half);
  for (const [place, alpha] of LIGHT) fade.addColorStop(place, colour.replace(")", ` / ${alpha})`));
  context.fillStyle = fade;
  context.fillRect(0, 0, GLOW_PX, GLOW_PX);
  return canvas;
}
