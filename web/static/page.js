// The station's page.

import { showBefore } from "./before.js";
import { SPREAD_MS } from "./broadcast.js";
import { byId, make, say } from "./dom.js";
import { bindFormats } from "./formats.js";
import { frames } from "./frames.js";
import { address, api, get, ours, query, station } from "./here.js";
import { house } from "./house.js";
import { bindKeys } from "./keys.js";
import { listen } from "./listening.js";
import { showOutside } from "./lockscreen.js";
import { LatentMap } from "./map.js";
import { showNext } from "./next.js";
import { pageOf } from "./pieces.js";
import { showPlaces } from "./places.js";
import { Rate } from "./rate.js";
import { bindShare } from "./share.js";
import { Similar } from "./similar.js";
import { FRAMES_PER_SECOND, stepAt, tempoAt } from "./timeline.js";
import { STEP, Volume } from "./volume.js";

const ORIGINS = { bridge: "a bridge", pattern: "made by rule" };
const FILES = { mp3: "MP3", midi: "MIDI", musicxml: "Sheet music" };

const { player, broadcast, smooth } = listen(tell);
const { timeline } = broadcast;
const map = new LatentMap(byId("map"));
const similar = new Similar(byId("similar"));
const volume = new Volume(player.audio);
let told; // the airing the page now shows
let goal; // the title of what follows it
let rate; // where the station takes ratings
let spreadMs = 0; // of the questions that all pages ask at a new piece; the first is not for all

/** Show what is heard: `airing` (or null) at `position`. */
function tell(airing, position) {
  const { now } = broadcast;
  if (!now) return;
  say(byId("name"), now.title);
  say(byId("listeners"), now.listeners === 1 ? "1 listener" : `${now.listeners} listeners`);
  say(byId("note"), now.note ?? "");
  say(byId("title"), airing?.piece.title ?? now.title);
  if (airing) follow(airing, position);
  if (airing?.position !== told?.position) turn(airing);
  goal = showNext(timeline, airing, position, now.waypoint);
  const sounding = player.state === "playing" && airing;
  document.title = sounding ? `${airing.piece.title} · ${now.title}` : now.title;
}

/** What moves inside a piece: its tempo, its form. */
function follow({ piece, position: start }, position) {
  const step = stepAt(piece, (position - start) / FRAMES_PER_SECOND);
  say(byId("tempo"), `${Math.round(tempoAt(piece, step))} bpm`);
  const section = Math.floor((step / piece.steps) * piece.form.length);
  [...byId("form").children].forEach((letter, i) => {
    const share = (step / piece.steps) * piece.form.length - i;
    letter.style.setProperty("--done", Math.min(1, Math.max(0, share)).toFixed(3));
    letter.classList.toggle("now", i === section);
  });
}

/** A new piece is heard. */
function turn(airing) {
  told = airing;
  const piece = airing?.piece;
  document.documentElement.dataset.origin = piece?.origin ?? "";
  say(byId("show"), piece?.show ?? "");
  say(byId("key"), piece?.key ?? "");
  say(byId("origin"), ORIGINS[piece?.origin] ?? "");
  if (!piece) say(byId("tempo"), "");
  const letters = [...(piece?.form ?? "")];
  byId("form").ariaLabel = `Form: ${letters.join(" ")}`;
  byId("form").hidden = !letters.length;
  byId("form").replaceChildren(...letters.map((textContent) => make("span", { textContent })));
  for (const part of ["melody", "bass", "drums"]) say(byId(part), piece?.instruments[part] ?? part);
  say(byId("credits"), piece ? credits(piece.soundfont) : "");
  showBefore(byId("history"), timeline, airing);
  rate?.show(piece?.id);
  similar.show(piece?.id ?? null);
  for (const part of ["share", "about", "this"]) byId(part).hidden = !piece;
  if (!piece) return;
  byId("about").href = pageOf(piece.id);
  byId("files").replaceChildren(...Object.entries(FILES).map(([kind, name]) => file(piece, kind, name)));
  const { title, show: album, links } = piece;
  showOutside({ title, album, artist: broadcast.now.title, links }, api);
  setTimeout(learnMap, Math.random() * spreadMs);
  spreadMs = SPREAD_MS;
}

function file({ title, links }, kind, textContent) {
  const row = make("li");
  const ariaLabel = `${title}, ${textContent}`;
  row.append(make("a", { href: address(links[kind]), download: "", textContent, ariaLabel }));
  return row;
}

/** Whose sounds these are, and on what terms. */
function credits({ name, credits, licence }) {
  return ["Sound font: " + name, credits, licence].filter(Boolean).join(" · ");
}

async function learnMap() {
  try {
    map.learn(await get("map"));
  } catch {
    // The next piece asks again.
  }
}

frames(map.figure, (nowMs) => map.draw(timeline, smooth(nowMs), goal));
bindFormats(byId("format"), player, query.get("mount"));
bindKeys({
  " ": () => player.toggle(),
  m: () => volume.mute(),
  ArrowLeft: () => volume.turn(-STEP),
  ArrowRight: () => volume.turn(STEP),
});
bindShare(byId("share"), byId("shared"), () => {
  const { id, title } = told.piece;
  return { title, url: pageOf(id) };
});
bindShare(byId("share-station"), byId("station-shared"), () => {
  const here = station ? `?station=${encodeURIComponent(station)}` : "";
  return { title: byId("name").textContent, url: address(here) };
});

house(api).then(({ stations, here }) => {
  if (!here) return location.assign("."); // renamed, perhaps: the first station is still there
  showPlaces(stations, here);
  if (here.ratings_open) rate = new Rate(byId("rating"));
  rate?.show(told?.piece.id);
  byId("playlist").href = ours("/listen.m3u");
});
