// A piece as it is drawn: notes and bar lines in seconds from its start. Pure; made once a piece.

import { STEPS_PER_BAR, secondsAt } from "./timeline.js";

export const PARTS = ["melody", "bass", "drums"];

// General MIDI drums, from the floor up: kick, snare, three toms, closed and open hat, ride, crash.
const DRUMS = [
  [35, 36], [37, 38, 39, 40], [41, 43, 45], [47, 48], [50], [42, 44], [46], [51, 53, 59],
  [49, 52, 55, 57],
];
const LANES = new Map(DRUMS.flatMap((pitches, lane) => pitches.map((pitch) => [pitch, lane])));
export const DRUM_LANES = DRUMS.length;

/** Where a drum is drawn, 0 for the lowest. */
export const laneOf = (pitch) => LANES.get(pitch) ?? pitch % DRUM_LANES;

const scores = new WeakMap();

/**
 * `{notes, bars, low, high}`: each note `{part, from, to, pitch, lane, loud}` with seconds, a MIDI
 * pitch, a drum lane (0 is the kick) and a loudness 0..1; each bar `{at, section}` with seconds and
 * the letter that begins there or ""; the lowest and highest pitch of melody and bass.
 */
export function score(piece) {
  if (!scores.has(piece)) scores.set(piece, write(piece));
  return scores.get(piece);
}

function write(piece) {
  const notes = PARTS.flatMap((part) =>
    (piece.trio?.[part] ?? []).map(([start, end, pitch, velocity]) => ({
      part,
      from: secondsAt(piece, start),
      to: secondsAt(piece, end),
      pitch,
      lane: laneOf(pitch),
      loud: velocity / 127,
    })),
  );
  const pitches = notes.filter((note) => note.part !== "drums").map((note) => note.pitch);
  const bars = Array.from({ length: piece.steps / STEPS_PER_BAR }, (_, bar) => ({
    at: secondsAt(piece, bar * STEPS_PER_BAR),
    section: "",
  }));
  [...piece.form].forEach((letter, i) => {
    bars[Math.floor((i * bars.length) / piece.form.length)].section = letter;
  });
  return { notes, bars, low: Math.min(60, ...pitches), high: Math.max(60, ...pitches) };
}
