// A canvas over the whole wall, with no more pixels than a small machine can fill.

const MOST_PIXELS = 2560 * 1440; // a projector of 4K gets them enlarged
const MOST_SCALE = 1.5;
const SLOW = 26; // pictures a second, on average, or 0.6 of what a scene wants
const LOOK_FRAMES = 200;
const COARSER = 0.8;
const COARSEST = 0.5; // of the pixels a side that there might be

export class Stage {
  width = 0; // CSS pixels
  height = 0;
  #context;
  #scale = 1;
  #share = 1; // of the pixels a side; less on a machine that cannot keep up
  #frames = 0;
  #sinceMs = 0;

  /** `restored` is called when the canvas was lost, as with a graphics driver, and is back. */
  constructor(canvas, restored) {
    this.canvas = canvas;
    this.#context = canvas.getContext("2d", { alpha: false });
    canvas.addEventListener("contextrestored", restored);
    new ResizeObserver(() => this.#fit()).observe(canvas);
    this.#fit();
  }

  /** The night, on which a scene draws in CSS pixels, moved by `drift` (shares of the screen). */
  clear(colour, drift) {
    const context = this.#context;
    context.setTransform(this.#scale, 0, 0, this.#scale, 0, 0);
    context.globalCompositeOperation = "source-over";
    context.globalAlpha = 1;
    context.fillStyle = colour;
    context.fillRect(0, 0, this.width, this.height);
    context.translate(drift.x * this.width, drift.y * this.height);
    return context;
  }

  /** Told of each picture: where they come too slowly for `wanted` a second, they get coarser. */
  drew(nowMs, wanted) {
    if (this.#frames++ === 0) this.#sinceMs = nowMs;
    if (this.#frames <= LOOK_FRAMES) return;
    const eachMs = (nowMs - this.#sinceMs) / LOOK_FRAMES;
    this.#frames = 0;
    // A second between two pictures is a hidden page or a sleeping machine, not a slow one.
    const slowMs = 1_000 / Math.min(SLOW, 0.6 * wanted);
    if (eachMs < slowMs || eachMs > 1_000 || this.#share <= COARSEST) return;
    this.#share *= COARSER;
    this.#fit();
  }

  #fit() {
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    const most = Math.sqrt(MOST_PIXELS / Math.max(1, this.width * this.height));
    this.#scale = this.#share * Math.min(MOST_SCALE, devicePixelRatio, most);
    this.canvas.width = Math.round(this.width * this.#scale);
    this.canvas.height = Math.round(this.height * this.#scale);
  }
}
