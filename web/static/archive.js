// The archive: what is asked for stands in the page's address, so that a search can be shared.

import { byId, make, say } from "./dom.js";
import { api } from "./here.js";
import { house } from "./house.js";
import { ask, moment, pictured } from "./pieces.js";

const FIELDS = ["from", "to", "station", "show", "key", "origin", "model", "tempo", "density", "score"];
const TIMES = ["from", "to"];
const form = byId("filters");
const list = byId("found");
const more = byId("more");
let next = null; // where the list goes on, as the station said
let asked = 0; // the newest question: an answer to an older one is passed over

/** What the form asks for, as the API takes it. */
function wish() {
  const wanted = new URLSearchParams();
  for (const name of FIELDS) {
    const value = form.elements[name].value.trim();
    if (value) wanted.set(name, TIMES.includes(name) ? new Date(value).toISOString() : value);
  }
  return wanted;
}

/** The next page of the list; without `path`, the first. */
async function find(path) {
  const question = ++asked;
  const from = list.children.length;
  say(byId("status"), "Looking…");
  more.hidden = true;
  try {
    const answer = await ask(path ?? `/api/v1/pieces?${wish()}`);
    if (question !== asked) return;
    next = answer.next;
    list.append(...answer.pieces.map((piece) => pictured(piece, piece.aired ? moment(piece.aired) : "")));
    const count = list.children.length;
    const some = count === 1 ? "1 piece" : `${count} pieces`;
    const none = next ? "None so far: look further back." : "No piece is like that.";
    say(byId("status"), count ? `${some}${next ? ", and there are older ones" : ""}` : none);
    if (path) list.children[from]?.querySelector("a").focus();
  } catch (error) {
    if (question === asked) say(byId("status"), error.message);
  }
  more.hidden = !next;
}

function start() {
  list.replaceChildren();
  next = null;
  find();
}

/** The address says what is asked for; a step back in it asks that again. */
function remember() {
  const wanted = String(wish());
  history.pushState(null, "", `${location.pathname}${wanted && `?${wanted}`}`);
}

function recall() {
  const wanted = new URLSearchParams(location.search);
  for (const name of FIELDS) {
    const field = form.elements[name];
    const value = wanted.get(name) ?? "";
    if (value && field.options && ![...field.options].some((option) => option.value === value)) {
      field.append(make("option", { value, textContent: value }));
    }
    field.value = TIMES.includes(name) && value ? local(value) : value;
  }
}

/** A time as the field for it takes it: of the listener's own clock, without a zone. */
function local(utc) {
  const at = new Date(utc);
  return new Date(at - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

async function offer() {
  const names = await ask("/api/v1/pieces/names");
  for (const [plural, name] of Object.entries({
    stations: "station", shows: "show", keys: "key", origins: "origin", models: "model",
  })) {
    const field = form.elements[name];
    field.append(...names[plural].map((value) => make("option", { value, textContent: value })));
    field.closest("label").hidden = names[plural].length < 2;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  remember();
  start();
});
form.addEventListener("reset", () => setTimeout(() => form.requestSubmit()));
form.addEventListener("change", (event) => {
  if (event.target.matches("select")) form.requestSubmit();
});
more.addEventListener("click", () => find(next));
addEventListener("popstate", () => {
  recall();
  start();
});

offer()
  .catch(() => {}) // the list says what is wrong
  .finally(() => {
    recall();
    start();
  });
house(api).then(({ stations }) => {
  say(byId("name"), stations[0].title);
  document.title = `Archive · ${stations[0].title}`;
});
