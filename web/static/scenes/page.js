// For less motion: a picture that stands still for some bars and is then turned, like a page.

import { FRAMES_PER_SECOND, STEPS_PER_BAR, secondsAt, stepAt } from "../timeline.js";

/** Position where the page begins that has room for `seconds` of the music at this moment. */
export function pageStart({ airing, step, position }, seconds) {
  if (!airing) return position;
  const { piece } = airing;
  const turn = Math.max(1, Math.floor(stepAt(piece, seconds) / STEPS_PER_BAR)) * STEPS_PER_BAR;
  const first = Math.floor(Math.min(step, piece.steps - 1) / turn) * turn;
  return airing.position + secondsAt(piece, first) * FRAMES_PER_SECOND;
}
