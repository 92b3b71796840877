// Why a piece sounded so: its recipe, its path through latent space, what the critic heard.

import { make, say, svgOf } from "./dom.js";
import { pageOf } from "./pieces.js";

// What docs/critic.md measures, in a few words.
const TERMS = {
  filled: "Few empty bars",
  density: "Neither bare nor crowded",
  scale: "Notes of its key",
  clarity: "A clear key",
  agreement: "Melody and bass agree",
  range: "Range of each part",
  room: "Room between bass and melody",
  motion: "How the melody moves",
  return: "Bars that come back",
  groove: "Steady drums",
  fresh: "Unlike the last pieces",
  own: "Unlike the training music",
};
const MAP = { width: 320, height: 200, margin: 22 };

/** Fill the list of what made it. `parents` are pieces, or their ids where they are not known. */
export function showRecipe(list, piece, parents) {
  const { instruments, soundfont } = piece;
  const glide = piece.tempo_qpm !== piece.tempo_end_qpm;
  const rows = {
    "Composed for": piece.show,
    Form: piece.form.trim(),
    "Walks from": parents.length ? links(parents) : "",
    Played: [instruments.melody, instruments.bass, instruments.drums].join(", "),
    "Sound font": [soundfont.name, soundfont.credits, soundfont.licence].filter(Boolean).join(" · "),
    Tempo: glide ? `${piece.tempo_qpm.toFixed(1)} to ${piece.tempo_end_qpm.toFixed(1)} bpm` : "",
    Model: [piece.model, piece.weights_sha256.slice(0, 12)].filter(Boolean).join(" · "),
    // The seed is from the page itself: JavaScript's numbers end before it does.
    Noise: `seed ${list.dataset.seed}, temperature ${piece.temperature.toFixed(2)}`,
    "Made again": piece.reproducible?.note ?? "",
  };
  for (const [name, value] of Object.entries(rows)) {
    if (!value) continue;
    const said = make("dd");
    said.append(value);
    list.append(make("dt", { textContent: name }), said);
  }
}

function links(parents) {
  const all = document.createDocumentFragment();
  parents.forEach((parent, i) => {
    if (i) all.append(" to ");
    const { id = parent, title = parent } = parent;
    all.append(make("a", { href: pageOf(id), textContent: title }));
  });
  return all;
}

/** What the critic heard, as bars from 0 to 1. */
export function showVerdict(place, verdict) {
  if (!verdict) return;
  const [chosen, terms, rejected] = place.querySelectorAll("p, dl");
  const others = verdict.candidates - 1;
  const words = others ? `, the best of ${verdict.candidates} that were sampled for this place` : "";
  say(chosen, `${Math.round(100 * verdict.total)} of 100${words}.`);
  for (const [name, mark] of Object.entries(verdict.terms)) {
    const bar = make("dd", { textContent: Math.round(100 * mark) });
    bar.style.setProperty("--mark", mark);
    terms.append(make("dt", { textContent: TERMS[name] ?? name }), bar);
  }
  const reasons = Object.entries(verdict.rejected)
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => `${(TERMS[name] ?? name).toLowerCase()} (${count})`);
  if (reasons.length) say(rejected, `Where the others fell behind most: ${reasons.join(", ")}.`);
  place.hidden = false;
}

/** Draw where its bars lie; the answer marks the bar that sounds, or none for -1. */
export function showPath(figure, piece) {
  if (!piece.path) return () => {};
  const { latents, bars } = piece.path;
  const svg = figure.querySelector("svg");
  const place = placing([...latents, ...bars]);
  const spots = new Map(); // bars at one place are one dot, and the larger the more they are
  bars.forEach((point, bar) => {
    const key = String(point);
    if (!spots.has(key)) spots.set(key, { point, bars: [] });
    spots.get(key).bars.push(bar);
  });
  svg.setAttribute("viewBox", `0 0 ${MAP.width} ${MAP.height}`);
  const way = bars.map((point, i) => `${i ? "L" : "M"}${place(point)}`).join("");
  svg.append(svgOf("path", { class: "way", d: way }));
  const dots = [];
  for (const spot of spots.values()) {
    const [cx, cy] = place(spot.point);
    const dot = svgOf("circle", { cx, cy, r: 3 + Math.sqrt(spot.bars.length) });
    svg.append(dot);
    for (const bar of spot.bars) dots[bar] = dot;
  }
  for (const [letter, x, y] of lettersAt(piece, spots, place)) {
    const text = svgOf("text", { x, y });
    text.textContent = letter;
    svg.append(text);
  }
  const sections = latents.length === 1 ? "one place" : `${latents.length} places`;
  say(
    figure.querySelector("figcaption"),
    `Its ${bars.length} bars in latent space, at ${sections} and on the way between them. ` +
      "Dots that lie close sound alike.",
  );
  figure.hidden = false;
  return (bar) => dots.forEach((dot) => dot.classList.toggle("now", dot === dots[bar]));
}

/** From latent space to the drawing, with equal scales. */
function placing(points) {
  const ends = [0, 1].map((axis) => {
    const values = points.map((point) => point[axis]);
    return [Math.min(...values), Math.max(...values)];
  });
  const inner = [MAP.width - 2 * MAP.margin, MAP.height - 2 * MAP.margin];
  const scale = Math.min(...ends.map(([low, high], axis) => inner[axis] / Math.max(high - low, 1)));
  const middle = [MAP.width / 2, MAP.height / 2];
  return (point) =>
    point.map((value, axis) => {
      const [low, high] = ends[axis];
      return Math.round(10 * (middle[axis] + (value - (low + high) / 2) * scale)) / 10;
    });
}

/** The letters of the form, each once, beside the first of its bars. */
function lettersAt(piece, spots, place) {
  const letters = [...piece.form];
  const shown = new Map();
  letters.forEach((letter, i) => {
    const bar = Math.floor((i * piece.path.bars.length) / letters.length);
    if (letter.trim() && !shown.has(letter)) shown.set(letter, piece.path.bars[bar]);
  });
  const taken = new Map(); // letters at one place stand side by side
  for (const [letter, point] of shown) {
    taken.set(String(point), (taken.get(String(point)) ?? "") + letter);
  }
  return [...taken].map(([key, words]) => {
    const [x, y] = place(spots.get(key).point);
    return [words, x + 9, y - 8];
  });
}
