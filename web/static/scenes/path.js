// The walk through latent space as a line in time. Pure.
//
// A piece's `walk` says where each of its bars lies on a plane that all pieces of a model share. Bars
// of a section lie on one point, so the line rests there and goes over to the next point before the
// next bar begins. A piece without a walk (made by rule) is nowhere: the line waits where it was.

import { walkAt } from "../walk.js";

/** Where the walk is at `position`, `[x, y]`; null where nobody knows. */
export function placeAt(timeline, position) {
  const airing = timeline.between(position, position + 1)[0];
  if (!airing) return null;
  const next = timeline.after(airing)?.piece.walk?.bars[0];
  return walkAt(airing, position, next)?.place ?? last(timeline, airing);
}

/** The end of the walk before `airing`, or null. */
function last(timeline, airing) {
  const walked = timeline.before(airing.position).find(({ piece }) => piece.walk);
  return walked?.piece.walk.bars.at(-1) ?? null;
}

/**
 * What a piece is drawn as: the points it visits, each once, with the letters of the form that are
 * there; and the ways it takes from one to another, each once.
 */
export function constellation(piece) {
  if (!known.has(piece)) known.set(piece, constellate(piece));
  return known.get(piece);
}

const known = new WeakMap();

function constellate(piece) {
  const points = [];
  const ways = new Map();
  const bars = piece.walk?.bars ?? [];
  const letters = [...piece.form];
  let from = -1;
  bars.forEach(([x, y], bar) => {
    let at = points.findIndex((point) => point.x === x && point.y === y);
    if (at < 0) at = points.push({ x, y, letters: "" }) - 1;
    const letter = letters[Math.floor((bar * letters.length) / bars.length)] ?? "";
    if (!points[at].letters.includes(letter)) points[at].letters += letter;
    if (from >= 0 && from !== at) ways.set(`${Math.min(from, at)} ${Math.max(from, at)}`, [from, at]);
    from = at;
  });
  return { points, ways: [...ways.values()] };
}
