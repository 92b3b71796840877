// The map of latent space: where the pieces of the last hours lie, the path of the one that is
// heard, and the way it will go from there.

import { say, svgOf } from "./dom.js";
import { described, steps, walkAt } from "./walk.js";

const SCALE = 118; // of the drawing, for a unit of the map
const EDGE = 1.02; // what lies further out is drawn there
const SIGNS = 134; // from the middle, where the axes are named
const AGES = 4; // of the earlier pieces; each paler than the one before
const TRAIL = 2; // pieces before the one that is heard whose paths are still seen
const TITLE_PX = 90; // as much room as a title needs beside its goal

export class LatentMap {
  #axes = null;
  #still = matchMedia("(prefers-reduced-motion: reduce)");
  #layers = {};
  #drawn = ""; // what the layers were last drawn for

  /** @param {HTMLElement} figure with an svg and a figcaption */
  constructor(figure) {
    this.figure = figure;
    this.caption = figure.querySelector("figcaption");
    const end = SIGNS - 18;
    this.#layer("path", "cross", { d: `M-${end} 0H${end}M0-${end}V${end}` });
    this.#layer("g", "signs");
    for (let age = AGES - 1; age >= 0; age--) this.#layer("path", `age${age}`);
    for (const name of ["trail", "coming", "path"]) this.#layer("path", name);
    this.#layer("circle", "goal", { r: 6 });
    this.#layer("text", "title");
    this.#layer("circle", "halo", { r: 11 });
    this.#layer("circle", "now", { r: 5 });
  }

  /** Take what `/api/v1/map` says: the axes, and the earlier pieces. */
  learn({ axes, pieces }) {
    this.#axes = axes;
    const each = Math.max(1, Math.ceil(pieces.length / AGES));
    for (let age = 0; age < AGES; age++) {
      const some = pieces.slice(age * each, (age + 1) * each);
      // A line of no length with round ends is a dot: one element for all of them.
      this.#set(`age${age}`, { d: some.map(({ at }) => `M${spot(at)}h0`).join("") });
    }
    const [across, upwards] = axes ?? [{}, {}];
    this.#layers.signs.replaceChildren(
      sign(across.low, { x: 8 - SIGNS, y: 4, "text-anchor": "end" }),
      sign(across.high, { x: SIGNS - 8, y: 4, "text-anchor": "start" }),
      sign(upwards.low, { y: SIGNS, "text-anchor": "middle" }),
      sign(upwards.high, { y: 8 - SIGNS, "text-anchor": "middle" }),
    );
    this.#drawn = "";
  }

  /** Draw what `timeline` has around `position` (or null); `title` is of the piece it leads to. */
  draw(timeline, position, title) {
    const airing = position === null ? null : timeline.at(position);
    const next = airing && timeline.after(airing)?.piece;
    const at = airing && walkAt(airing, position, next?.walk?.bars[0], this.#still.matches);
    this.figure.dataset.walks = String(Boolean(at));
    if (!at) return;
    const [x, y] = spot(at.place);
    const { bars } = airing.piece.walk;
    for (const name of ["now", "halo"]) this.#set(name, { cx: x, cy: y });
    this.#set("path", { d: line([...bars.slice(0, at.bar + 1), at.place]) });
    const key = [airing.position, at.bar, next?.id, title].join();
    if (key === this.#drawn) return;
    this.#drawn = key;
    const before = timeline.before(airing.position).slice(0, TRAIL).reverse();
    this.#set("trail", {
      d: line([...before.flatMap(({ piece }) => piece.walk?.bars ?? []), bars[0]]),
    });
    const goal = goalOf(next);
    const way = next?.origin === "bridge" ? (next.walk?.bars ?? []) : [];
    this.#set("coming", { d: ways([...bars.slice(at.bar), ...way, ...(goal ? [goal] : [])]) });
    this.#point(goal, title, x);
    say(this.caption, described(at.place, goal, this.#axes));
  }

  /** Show where it leads, with the title on the side that is away from `x`. */
  #point(goal, title, x) {
    this.figure.dataset.leads = String(Boolean(goal));
    if (!goal) return;
    const [cx, cy] = spot(goal);
    const left = cx < x ? cx > TITLE_PX - SIGNS : cx > SIGNS - TITLE_PX;
    this.#set("goal", { cx, cy });
    this.#set("title", { x: cx + (left ? -12 : 12), y: cy + 4, "text-anchor": left ? "end" : "start" });
    say(this.#layers.title, title ?? "");
  }

  #layer(tag, name, attributes = {}) {
    this.#layers[name] = svgOf(tag, { class: name, ...attributes });
    this.figure.querySelector("svg").append(this.#layers[name]);
  }

  #set(name, attributes) {
    for (const [key, value] of Object.entries(attributes)) {
      this.#layers[name].setAttribute(key, value);
    }
  }
}

/** Where a piece begins, or a bridge ends; null where nobody knows. */
function goalOf(piece) {
  if (!piece?.walk) return null;
  return piece.origin === "bridge" ? piece.walk.latents.at(-1) : piece.walk.bars[0];
}

/** From the map to the drawing, in which y goes down. */
const spot = ([x, y]) =>
  [x, -y].map((value) => Math.round(10 * SCALE * Math.min(EDGE, Math.max(-EDGE, value))) / 10);

const line = (points) => steps(points.map(spot)).map((at, i) => `${i ? "L" : "M"}${at}`).join("");

/** Each way between two points once: dotted lines on each other would be none. */
function ways(points) {
  const stops = steps(points.map(spot));
  const between = stops.slice(1).map((to, i) => [stops[i], to].map(String).sort().join("L"));
  return [...new Set(between)].map((each) => `M${each}`).join("");
}

function sign(words, attributes) {
  const text = svgOf("text", attributes);
  text.textContent = words ?? "";
  return text;
}
