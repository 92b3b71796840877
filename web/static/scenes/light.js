// The wall's colours: a night whose hue is the key's own, and the lights that shine in it.

import { PARTS } from "../score.js";

const HUE_SECONDS = 8; // a new key colours the wall this slowly
const GLOW_PX = 128;
const HUES = { melody: 0, bass: 170, drums: 265 }; // degrees from the key's own
const FIFTHS = ["C", "G", "D", "A", "E", "B", "F#", "C#", "G#", "D#", "A#", "F"];
const FLATS = { Db: "C#", Eb: "D#", Gb: "F#", Ab: "G#", Bb: "A#" };
const STOPS = 16; // of a glow: fewer would show as rings in the dark

/** One for all scenes, so that they cross-fade in the same light. */
export class Light {
  ink = "#e9e4d8";
  strong = matchMedia("(prefers-contrast: more)");
  #hue = 30; // degrees
  #glows; // one drawn light a part, for the hue in #glowHue
  #glowHue;

  constructor() {
    this.redraw();
  }

  /** Lean towards the hue of `key` for `seconds` of music. */
  lean(key, seconds) {
    this.#hue += (hueOf(key) - this.#hue) * (1 - Math.exp(-seconds / HUE_SECONDS));
    if (Math.abs(this.#glowHue - this.#hue) > 2) this.redraw();
  }

  /** Draw each part's light once a hue, not once a note; and again where a canvas was lost. */
  redraw() {
    this.#glowHue = this.#hue;
    this.#glows = Object.fromEntries(PARTS.map((part) => [part, glow(this.part(part))]));
  }

  get night() {
    return this.strong.matches ? "#000" : `hsl(${this.#hue + 200} 30% 3.5%)`;
  }

  /** A colour near the night's own. */
  dusk(lightness, saturation = 24, turn = 200) {
    return `hsl(${this.#hue + turn} ${saturation}% ${lightness}%)`;
  }

  part(name) {
    const more = this.strong.matches ? 12 : 0;
    const [saturation, lightness] = name === "drums" ? [35, 76] : [78, 66];
    return `hsl(${this.#hue + HUES[name]} ${saturation}% ${lightness + more}%)`;
  }

  /** Let a light of `part` shine at a place, `size` wide. */
  shine(context, part, x, y, size, alpha) {
    if (alpha < 0.03) return;
    context.globalAlpha = Math.min(1, alpha);
    context.drawImage(this.#glows[part], x - size / 2, y - size / 2, size, size);
  }

  /** How visible something is that waits in the dark: high contrast knows no faint things. */
  faint(alpha) {
    return this.strong.matches ? Math.min(1, 0.25 + 2 * alpha) : alpha;
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

function glow(colour) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = GLOW_PX;
  const context = canvas.getContext("2d");
  const half = GLOW_PX / 2;
  const fade = context.createRadialGradient(half, half, 0, half, half, half);
  for (let stop = 0; stop <= STOPS; stop++) {
    const place = stop / STOPS;
    const alpha = 0.92 * Math.exp(-5.2 * place) * (1 - place);
    fade.addColorStop(place, colour.replace(")", ` / ${alpha.toFixed(4)})`));
  }
  context.fillStyle = fade;
  context.fillRect(0, 0, GLOW_PX, GLOW_PX);
  return canvas;
}
