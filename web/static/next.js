// What comes next, and how the music gets there.

import { byId, say } from "./dom.js";
import { length } from "./length.js";
import { FRAMES_PER_SECOND, STEPS_PER_BAR, tempoAt } from "./timeline.js";

/**
 * What follows `airing`: `{bridge, piece}`, the airing of the bridge and what the station tells of
 * the piece beyond it; each null where there is none, or nobody knows.
 */
function following(timeline, airing, waypoint) {
  const next = timeline.after(airing);
  if (next && next.piece.origin !== "bridge") return { bridge: null, piece: next.piece };
  const beyond = next && timeline.after(next)?.piece;
  const leads = next?.piece.parents.at(-1);
  return { bridge: next, piece: beyond ?? (waypoint?.id === leads ? waypoint : null) };
}

/** Fill the part of the page that says it, at `position` in `airing`. */
export function showNext(timeline, airing, position, waypoint) {
  const { bridge, piece } = airing ? following(timeline, airing, waypoint) : { piece: waypoint };
  const seconds = airing ? (airing.end - position) / FRAMES_PER_SECOND : 0;
  const title = piece?.title ?? bridge?.piece.title.split(" → ").at(-1);
  say(byId("next"), title ?? "Not yet decided");
  say(byId("next-when"), title && airing ? when(airing.piece, bridge, seconds) : "");
  say(byId("next-way"), piece && airing ? way(airing.piece, piece) : "");
  return title;
}

function when(piece, bridge, seconds) {
  const left = length(Math.max(0, seconds));
  if (piece.origin === "bridge") return `The bridge there is heard now; it begins in ${left}`;
  if (bridge) return `In ${left}, over a bridge of ${bars(bridge.piece)}`;
  return `In ${left}, with no bridge`;
}

function bars({ steps }) {
  const count = steps / STEPS_PER_BAR;
  return count === 1 ? "1 bar" : `${count} bars`;
}

/** How key and tempo change between two pieces. */
function way(from, to) {
  const key = from.key === to.key ? `stays in ${to.key}` : `from ${from.key} to ${to.key}`;
  const [before, after] = [tempoAt(from, from.steps), to.tempo_qpm].map(Math.round);
  const tempo = before === after ? `stays at ${after} bpm` : `from ${before} to ${after} bpm`;
  return capital(`${key}, ${tempo}`);
}

const capital = (words) => words[0].toUpperCase() + words.slice(1);
