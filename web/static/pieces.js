// A piece in a list, wherever it stands; and how its times are said.

import { address } from "./here.js";
import { make } from "./dom.js";
import { length } from "./length.js";

const TIMEOUT_MS = 15_000;

/** The JSON at an address the station gave. Throws with the station's words when it refuses. */
export async function ask(path) {
  const answer = await fetch(address(path), { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error);
  return told;
}

/** The address of a piece's page. */
export const pageOf = (id) => address(`/pieces/${id}`);

/** A day and a time, as they are said where the listener is. */
export const moment = (utc) =>
  new Date(utc).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });

/** A row with a link to the piece; what it is stands below its title, `aside` at the right. */
export function row(piece, aside = "") {
  const link = make("a", { className: "name", href: pageOf(piece.id), textContent: piece.title });
  const facts = [piece.key, `${Math.round(piece.tempo_qpm)} bpm`, length(piece.seconds), piece.show];
  const item = make("li", { className: piece.origin });
  const words = make("span", { className: "facts", textContent: facts.join("\u00a0· ") });
  item.append(link, words, make("span", { className: "aside", textContent: aside }));
  return item;
}

/** The same, with the piece's picture before it; those that are not in sight are not loaded. */
export function pictured(piece, aside = "") {
  const item = row(piece, aside);
  const src = address(piece.links.cover);
  item.prepend(make("img", { className: "cover", loading: "lazy", alt: "", width: 512, height: 512, src }));
  return item;
}
