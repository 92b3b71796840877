// The wall: two canvases, so that one scene can fade into the next.

import { Light } from "../scenes/light.js";
import { SCENES } from "../scenes/index.js";
import { FRAMES_PER_SECOND, STEPS_PER_BAR, stepAt } from "../timeline.js";
import { Stage } from "./stage.js";

const FADE_MS = 4_000;
const DRIFT = 0.018; // of the screen, against burn-in
const EARLY_MS = 4; // a frame that comes a little before its time is in time

/** Where the picture sits now, as shares of the screen: a slow figure that hardly repeats. */
export const driftAt = (nowMs) => ({
  x: DRIFT * Math.sin(nowMs / 97_000),
  y: DRIFT * Math.sin(nowMs / 61_000),
});

export class Wall {
  name = null; // of the scene that is up, or coming up
  #light = new Light();
  #still = matchMedia("(prefers-reduced-motion: reduce)");
  #layers;
  #sinceMs = 0; // when the scene began to come up

  constructor(element) {
    this.#layers = [0, 1].map(() => {
      const canvas = element.appendChild(document.createElement("canvas"));
      const layer = { canvas, scene: null, drawnMs: 0, position: null };
      layer.stage = new Stage(canvas, () => this.#restore(layer));
      return layer;
    });
  }

  /**
   * Draw the scene `name` at `position`, or let it fade in over the one before.
   * `moment` is what all scenes are told: {timeline, position, house, room}.
   */
  draw(name, moment, nowMs) {
    if (name !== this.name) this.#change(name, nowMs);
    const [back, front] = this.#layers;
    const risen = Math.min(1, (nowMs - this.#sinceMs) / FADE_MS);
    front.canvas.style.opacity = risen;
    if (risen === 1) back.scene = null;
    back.canvas.style.visibility = back.scene ? "visible" : "hidden";
    const view = this.#view(moment, nowMs);
    for (const layer of this.#layers) if (layer.scene) this.#draw(layer, view);
  }

  #change(name, nowMs) {
    this.name = name;
    this.#sinceMs = nowMs;
    this.#layers.reverse();
    const [back, front] = this.#layers;
    back.canvas.style.zIndex = 0;
    back.canvas.style.opacity = 1;
    front.canvas.style.zIndex = 1;
    front.canvas.style.visibility = "visible";
    front.scene = new SCENES[name]();
    front.position = null;
    front.drawnMs = -Infinity;
  }

  #view(moment, nowMs) {
    const { timeline, position } = moment;
    const airing = position === null ? null : timeline.at(position);
    const seconds = airing ? (position - airing.position) / FRAMES_PER_SECOND : 0;
    const step = airing ? Math.min(stepAt(airing.piece, seconds), airing.piece.steps) : 0;
    const still = this.#still.matches;
    return { ...moment, airing, seconds, step, nowMs, still, light: this.#light };
  }

  #draw(layer, view) {
    const { stage, scene } = layer;
    const { nowMs, position } = view;
    if (nowMs - layer.drawnMs < 1_000 / scene.constructor.framesASecond - EARLY_MS) return;
    layer.drawnMs = nowMs;
    stage.drew(nowMs, scene.constructor.framesASecond);
    const passed = Math.abs(position - (layer.position ?? -Infinity)) / FRAMES_PER_SECOND;
    layer.position = position;
    if (view.airing) this.#light.lean(view.airing.piece.key, Math.min(1, passed));
    const { width, height } = stage;
    const drift = view.still ? { x: 0, y: 0 } : driftAt(nowMs);
    scene.draw(stage.clear(this.#light.night, drift), { ...view, width, height, passed });
  }

  /** What a scene had drawn ahead is lost, too. */
  #restore(layer) {
    this.#light.redraw();
    if (layer.scene) layer.scene = new layer.scene.constructor();
  }
}

/** The bar that sounds, as a value that changes at each bar line. */
export function barAt(timeline, position) {
  const airing = position === null ? null : timeline.at(position);
  if (!airing) return null;
  const step = stepAt(airing.piece, (position - airing.position) / FRAMES_PER_SECOND);
  return `${airing.position} ${Math.floor(step / STEPS_PER_BAR)}`;
}
