// The exhibit: what is on air, for a wall. It has no sound, so it follows the live edge itself.

import { Broadcast } from "./broadcast.js";
import { byId } from "./dom.js";
import { Glide } from "./glide.js";
import { Sky } from "./sky.js";

const FADE_MS = 3_000; // as in exhibit.css
const LOOK_MS = 1_000;
const DRIFT = 0.018; // of the screen, against burn-in

const broadcast = new Broadcast();
const glide = new Glide(2_000); // a station's clock comes through the network: lean slowly
const sky = new Sky(byId("roll"));
const words = byId("words");
let shown = null; // id of the piece whose title is up
let turns = 0;

/** Where the picture sits now, as shares of the screen: a slow figure that hardly repeats. */
function drift(nowMs) {
  return { x: DRIFT * Math.sin(nowMs / 97_000), y: DRIFT * Math.sin(nowMs / 61_000) };
}

function draw(nowMs) {
  sky.draw(broadcast.timeline, glide.at(broadcast.livePosition(), nowMs), drift(nowMs));
  requestAnimationFrame(draw);
}

function name() {
  const { x, y } = drift(performance.now());
  words.style.setProperty("--x", `${(100 * x).toFixed(2)}vw`);
  words.style.setProperty("--y", `${(100 * y).toFixed(2)}vh`);
  const position = broadcast.livePosition();
  const piece = (position !== null && broadcast.timeline.at(position)?.piece) || null;
  // Until the next piece is announced, and while the station is away, the last name fades.
  if (!piece || piece.id === shown) return void words.classList.toggle("lit", piece !== null);
  shown = piece.id;
  words.classList.remove("lit");
  setTimeout(() => {
    byId("title").textContent = piece.title;
    byId("key").textContent = piece.key;
    words.dataset.corner = turns++ % 4;
    words.classList.add("lit");
  }, FADE_MS);
}

requestAnimationFrame(draw);
setInterval(name, LOOK_MS);
