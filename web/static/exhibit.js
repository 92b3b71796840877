// The exhibit: what is on air, for a wall. Nobody attends it: it begins, changes, rests, goes dark
// and recovers by itself.

import { Broadcast } from "./broadcast.js";
import { byId } from "./dom.js";
import { Glide } from "./glide.js";
import { api, query } from "./here.js";
import { house } from "./house.js";
import { SCENES } from "./scenes/index.js";
import { FRAMES_PER_SECOND } from "./timeline.js";
import { Caption } from "./wall/caption.js";
import { Edge } from "./wall/edge.js";
import { Waking, behave, renewing } from "./wall/kiosk.js";
import { Room } from "./wall/room.js";
import { Rotation } from "./wall/rotation.js";
import { Wall, barAt, driftAt } from "./wall/wall.js";

const LOOK_MS = 1_000;
const SETTLE_MS = 2_000; // a station's clock comes through the network: lean slowly
const DARKENS_MS = 2_000; // a little longer than in exhibit.css
const CAPTIONED = ["sky", "walk"]; // the other scenes name what sounds themselves
const fixed = query.get("scene") in SCENES ? query.get("scene") : null;

const broadcast = new Broadcast(api, ["room"]);
const room = new Room(api, broadcast);
const edge = new Edge();
const glide = new Glide(SETTLE_MS);
const wall = new Wall(byId("wall"));
const caption = new Caption(byId("words"));
const waking = new Waking();
// Else the room has its own sound.
const player = query.has("sound") ? new (await import("./player.js")).Player(api) : null;
const about = { title: "", description: "", axes: [] };
let rotation = null;
let dark = false;
let leaving = false;
let drawing = null; // a frame that was asked for
let shown = null; // position that was drawn last

/** What is heard in the room at this moment, else what has its turn on air; null when away. */
function positionAt(nowMs) {
  const heard = player?.heardPosition() ?? null;
  if (heard !== null) return heard;
  const live = edge.at(nowMs);
  return live === null ? null : live - (room.delayMs / 1_000) * FRAMES_PER_SECOND;
}

function sceneAt(position, nowMs) {
  const { open, paused } = room.state;
  if (!open || paused) return "invitation";
  if (position === null || !broadcast.timeline.at(position)) return "night";
  if (fixed) return fixed;
  const wanted = `${room.scenes} ${room.sceneSeconds}`;
  if (rotation?.wanted !== wanted) {
    rotation = Object.assign(new Rotation(room.scenes, room.sceneSeconds), { wanted });
  }
  return rotation.at(nowMs, barAt(broadcast.timeline, position));
}

function draw(nowMs) {
  drawing = requestAnimationFrame(draw);
  shown = glide.at(positionAt(nowMs), nowMs);
  const moment = { timeline: broadcast.timeline, position: shown, house: about, room: room.state };
  wall.draw(sceneAt(shown, nowMs), moment, nowMs);
}

/** Once a second: the caption, and whether the wall is lit at all. */
function look() {
  const nowMs = performance.now();
  const position = positionAt(nowMs);
  const piece = (position !== null && broadcast.timeline.at(position)?.piece) || null;
  const playing = room.state.open && !room.state.paused;
  caption.tell(playing ? piece : null, CAPTIONED.includes(wall.name), driftAt(nowMs));
  const { display, open } = room.state;
  shine(display && (open || query.get("closed") === "hours") && !leaving);
}

function shine(lit) {
  if (lit !== dark) return;
  dark = !lit;
  waking.want(lit);
  document.documentElement.classList.toggle("dark", dark);
  if (lit) drawing ??= requestAnimationFrame(draw);
  else setTimeout(rest, DARKENS_MS);
}

/** Draw nothing in the dark. */
function rest() {
  if (!dark) return;
  cancelAnimationFrame(drawing);
  drawing = null;
}

/** Begin anew, from black to black; only where the station is there to give the page. */
function renew() {
  if (leaving) return;
  leaving = true;
  look();
  setTimeout(async () => {
    const there = await fetch(location.href, { cache: "no-store" }).catch(() => null);
    if (there?.ok) location.reload();
    else leaving = false;
  }, DARKENS_MS);
}

for (const name of ["now", "clock"]) {
  broadcast.addEventListener(name, ({ detail }) => edge.hear(detail, performance.now()));
}
room.addEventListener("change", look);
house(api).then(({ here }) => Object.assign(about, here));
api.get("map").then(({ axes }) => Object.assign(about, { axes }), () => {}); // a wall does without
player?.play();
behave();
renewing(broadcast, renew);
setInterval(look, LOOK_MS);
drawing = requestAnimationFrame(draw);
document.documentElement.classList.remove("dark");
waking.want(true);
window.latentfm = {
  broadcast,
  scene: () => wall.name,
  position: () => shown,
  draws: () => drawing !== null,
};
