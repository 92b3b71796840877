// The page of one piece: hear it, see it, know why it sounded so, take it with you.

import { address, get } from "./here.js";
import { byId, make, say } from "./dom.js";
import { moment, pictured } from "./pieces.js";
import { Rate } from "./rate.js";
import { Sheet } from "./sheet.js";
import { Solo } from "./solo.js";
import { stepAt, STEPS_PER_BAR } from "./timeline.js";
import { showPath, showRecipe, showVerdict } from "./why.js";

const SIMILAR = 8;

const id = location.pathname.split("/").at(-1);
const quietly = () => null; // what is not there is left out

get(`pieces/${id}`).then(show, () => say(byId("status"), "The station is away. Try again soon."));

async function show(piece) {
  for (const part of ["melody", "bass", "drums"]) say(byId(part), piece.instruments[part]);
  const solo = new Solo(piece, address(piece.links.mp3));
  const sheet = new Sheet(byId("sheet"), piece, (seconds) => solo.seek(seconds));
  const mark = showPath(byId("path"), piece);
  const tell = () => {
    const { seconds } = solo;
    sheet.at(seconds);
    mark(seconds === null ? -1 : Math.floor(stepAt(piece, seconds) / STEPS_PER_BAR));
  };
  solo.addEventListener("moved", tell);
  showVerdict(byId("verdict"), piece.verdict);
  showAirings(byId("airings"), piece.airings);
  new Rate(byId("rating")).ask(id).catch(quietly);
  const parents = piece.parents.map((each) => get(`pieces/${each}`).catch(() => each));
  showRecipe(byId("recipe"), piece, await Promise.all(parents));
  showSimilar(byId("similar"), await get(`pieces/${id}/similar?limit=${SIMILAR}`).catch(quietly));
}

/** When it was on air, each with a link to that moment of the broadcast. */
function showAirings(place, airings) {
  const items = airings.map(({ station, utc, replayed }) => {
    const at = address(`/stations/${encodeURIComponent(station)}/at/${utc.replace("+00:00", "Z")}`);
    const item = make("li");
    item.append(
      make("time", { dateTime: utc, textContent: moment(utc) }),
      make("span", { className: "name", textContent: replayed ? `${station}, again` : station }),
      make("a", { href: at, textContent: "Hear that moment" }),
    );
    return item;
  });
  place.querySelector("ol").append(...items);
  place.hidden = !items.length;
}

function showSimilar(place, found) {
  const pieces = found?.similar ?? [];
  place.querySelector("ol").append(...pieces.map(({ piece }) => pictured(piece)));
  place.hidden = !pieces.length;
}
