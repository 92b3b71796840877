// The station's page.

import { address, ours } from "./api.js";
import { showBefore } from "./before.js";
import { byId, make, say } from "./dom.js";
import { house } from "./house.js";
import { listen } from "./listening.js";
import { showPlaces } from "./places.js";
import { Rate } from "./rate.js";
import { FRAMES_PER_SECOND, stepAt, tempoAt } from "./timeline.js";

const VOLUME_KEY = "latentfm.volume";
const VOLUME_STEP = 0.05;

const { player, broadcast } = listen(tell);
const { timeline } = broadcast;
let told; // the airing the page now shows
let rate; // where the station takes ratings

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
  const next = airing ? timeline.after(airing)?.piece : now.next;
  say(byId("next"), next ? next.title : "Not yet decided");
  say(byId("next-facts"), next ? `${next.key} · ${Math.round(next.tempo_qpm)} bpm` : "");
  say(byId("origin"), airing?.piece.origin ?? "");
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
  say(byId("show"), piece?.show ?? "");
  say(byId("key"), piece?.key ?? "");
  if (!piece) say(byId("tempo"), "");
  const letters = [...(piece?.form ?? "")];
  byId("form").replaceChildren(...letters.map((textContent) => make("span", { textContent })));
  for (const part of ["melody", "bass", "drums"]) say(byId(part), piece?.instruments[part] ?? part);
  say(byId("credits"), piece ? credits(piece.soundfont) : "");
  showBefore(byId("history"), timeline, airing);
  rate?.show(piece?.id);
  if (piece) showOutside(piece, broadcast.now.title);
}

/** Whose sounds these are, and on what terms. */
function credits({ name, credits, licence }) {
  return ["Sound font: " + name, credits, licence].filter(Boolean).join(" · ");
}

/** Tell the lock screen and the media keys. */
function showOutside({ title, show: album }, artist) {
  if (!("mediaSession" in navigator)) return;
  const artwork = [{ src: address("static/favicon.svg"), sizes: "any", type: "image/svg+xml" }];
  navigator.mediaSession.metadata = new MediaMetadata({ title, artist, album, artwork });
}

if ("mediaSession" in navigator) {
  navigator.mediaSession.setActionHandler("play", () => player.play());
  for (const action of ["pause", "stop"]) {
    navigator.mediaSession.setActionHandler(action, () => player.stop());
  }
}

function setVolume(volume) {
  const { audio } = player;
  audio.volume = Math.min(1, Math.max(0, volume));
  byId("volume").value = audio.volume;
  byId("volume").style.setProperty("--level", audio.volume);
  localStorage.setItem(VOLUME_KEY, audio.volume);
}
setVolume(Number(localStorage.getItem(VOLUME_KEY) ?? 0.8));
byId("volume").addEventListener("input", (event) => setVolume(event.target.valueAsNumber));
// iOS leaves the volume to its buttons: a slider that does nothing is worse than none.
player.audio.addEventListener("playing", () => {
  byId("volume").hidden = Math.abs(player.audio.volume - byId("volume").value) > 0.01;
});

addEventListener("keydown", (event) => {
  if (event.target.closest("a, button, input")) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const steps = { ArrowUp: 1, ArrowDown: -1 }[event.key];
  if (event.key !== " " && !steps) return;
  event.preventDefault();
  if (steps) setVolume(player.audio.volume + steps * VOLUME_STEP);
  else if (!event.repeat) player.toggle();
});

house.then(({ stations, here }) => {
  if (!here) return location.assign("."); // renamed, perhaps: the first station is still there
  showPlaces(stations, here);
  if (here.ratings_open) rate = new Rate(byId("rating"));
  rate?.show(told?.piece.id);
  byId("playlist").href = ours("/listen.m3u");
});
