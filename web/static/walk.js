// A piece's walk over the map of latent space, in time with its sound. Pure.

import { FRAMES_PER_SECOND, STEPS_PER_BAR, stepAt } from "./timeline.js";

const STAYS = 0.5; // of a bar: then it goes on, to be there as the next bar begins
const PLAIN = 0.25; // from here on a place is called by its axis
const STRONG = 0.7;

/**
 * Where the walk is: `{place, bar}` with `[x, y]` and the bar that sounds; null of what has no
 * walk. After its last bar it goes to `next`, the first place of what follows, if that is known.
 */
export function walkAt({ piece, position: start }, position, next = null, still = false) {
  const bars = piece.walk?.bars;
  if (!bars) return null;
  const along = stepAt(piece, (position - start) / FRAMES_PER_SECOND) / STEPS_PER_BAR;
  const bar = Math.min(bars.length - 1, Math.max(0, Math.floor(along)));
  const from = bars[bar];
  const to = bars[bar + 1] ?? next ?? from;
  const gone = still ? 0 : ease((along - bar - STAYS) / (1 - STAYS));
  return { bar, place: from.map((value, axis) => value + gone * (to[axis] - value)) };
}

/** Slowly off, slowly there: 0 up to 0, 1 from 1 on. */
export function ease(t) {
  const held = Math.min(1, Math.max(0, t));
  return held * held * (3 - 2 * held);
}

/** Points without those that stay where the one before is. */
export const steps = (points) =>
  points.filter((point, i) => !i || String(point) !== String(points[i - 1]));

/** "calm and very bright": a place in the words of the axes, or "" in the middle of them. */
function named([x, y], [across, upwards]) {
  return [word(y, upwards), word(x, across)].filter(Boolean).join(" and ");
}

function word(value, { low, high }) {
  if (Math.abs(value) < PLAIN) return "";
  return (Math.abs(value) < STRONG ? "" : "very ") + (value < 0 ? low : high);
}

/** A sentence for who cannot see the map: where the music is, and where it goes. */
export function described(place, goal, axes) {
  if (!axes?.[0].name) return "Where the music is in latent space, and where it goes.";
  const here = named(place, axes);
  const there = goal && named(goal, axes);
  const now = here || "neither here nor there";
  if (there === null || there === here) return `In latent space: ${now}.`;
  return `In latent space: ${now}, on the way to ${there || "the middle"}.`;
}
