// What was heard before, with each piece's files.

import { address, get } from "./here.js";
import { make } from "./dom.js";
import { pageOf } from "./pieces.js";

const SHOWN = 12;
const SAME_MS = 1_000; // the log and the broadcast say of one airing the same time, or nearly

let older = null; // asked for once; what came since is on the timeline

/** Fill `list` with what sounded before `airing`, newest first. */
export async function showBefore(list, timeline, airing) {
  try {
    older ??= (await get("history?limit=20")).airings;
  } catch {
    // The next piece asks again.
  }
  const known = timeline.before(airing?.position ?? Infinity);
  // By the clock: what was heard before a restart has positions of another broadcast.
  const since = Date.parse((known.at(-1) ?? airing)?.utc ?? new Date()) - SAME_MS;
  const history = (older ?? []).filter(({ utc }) => Date.parse(utc) < since);
  const heard = [...known, ...history].slice(0, SHOWN);
  if (heard.length) fill(list, heard);
  else list.replaceChildren(make("li", { textContent: "Nothing yet: it has just begun." }));
}

/** Rows that are there already stay as they are: a keyboard may be on one of their links. */
function fill(list, heard) {
  const there = new Map([...list.children].map((row) => [row.dataset.key, row]));
  const rows = heard.map((airing) => there.get(keyOf(airing)) ?? item(airing));
  for (const row of there.values()) if (!rows.includes(row)) row.remove();
  rows.forEach((row, i) => {
    if (list.children[i] !== row) list.insertBefore(row, list.children[i] ?? null);
  });
}

const keyOf = ({ utc, piece }) => `${piece.id} ${utc}`;

function item(airing) {
  const { utc, piece } = airing;
  const at = new Date(utc);
  const time = make("time", {
    dateTime: utc,
    textContent: at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }),
  });
  const title = make("a", { className: "name", href: pageOf(piece.id), textContent: piece.title });
  const row = make("li", { className: piece.origin });
  const { midi, mp3 } = piece.links;
  row.dataset.key = keyOf(airing);
  row.append(time, title, file("MIDI", midi, piece), file("MP3", mp3, piece));
  return row;
}

function file(name, path, { title }) {
  const ariaLabel = `${title}, ${name}`;
  return make("a", { href: address(path), download: "", textContent: name, ariaLabel });
}
