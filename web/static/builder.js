// Builds the player for somebody else's page, and shows it meanwhile.

import "../player.js";
import { copyButton } from "./copy.js";
import { byId, make, say } from "./dom.js";
import { address, api, query } from "./here.js";
import { house } from "./house.js";

const COLOURS = ["ground", "ink", "melody", "bass", "drums"];
const DEFAULTS = {
  dark: ["#101319", "#ece8df", "#f2b66d", "#6fb7c8", "#c99ac0"],
  light: ["#f7f4ed", "#23262d", "#a65d0b", "#1f7488", "#935079"],
};
const LEAST_CONTRAST = 4.5; // WCAG 2.2, 1.4.3
const NAMES = { frame: "the frame", element: "the element", link: "the address" };

const form = byId("form");
const piece = query.get("piece");
const light = matchMedia("(prefers-color-scheme: light)");
let title = "the radio";

/** What is chosen, as attributes of the element: only what is not so anyway. */
function chosen() {
  const data = new FormData(form);
  const said = {};
  if (piece) said.piece = piece;
  else if (byId("station").selectedIndex > 0) said.station = data.get("station");
  if (data.get("theme") !== "auto") said.theme = data.get("theme");
  said.show = data.getAll("show").join(" ");
  if (data.has("autoplay")) said.autoplay = "1";
  if (data.has("coloured")) for (const name of COLOURS) said[name] = data.get(name).slice(1);
  return said;
}

const size = () => new FormData(form).get("size").split("x");

/** `/embed?...`; what the frame shows anyway is left out. */
function playerUrl({ ...said }) {
  if (said.show === (piece ? "cover roll" : "roll")) delete said.show;
  const url = new URL(address("/embed"));
  for (const [name, value] of Object.entries(said)) url.searchParams.set(name, value);
  return url.href;
}

const SIGNS = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const quoted = (text) => text.replace(/[&<>"]/g, (sign) => SIGNS[sign]);

function frameCode(said) {
  const [width, height] = size();
  const more = said.autoplay ? ' allow="autoplay"' : "";
  return `<iframe src="${quoted(playerUrl(said))}" width="${width}" height="${height}"
  title="${quoted(title)}" frameborder="0" loading="lazy"${more} style="max-width: 100%"></iframe>`;
}

function elementCode(said) {
  const [width, height] = size();
  const px = (length) => (length.endsWith("%") ? length : `${length}px`);
  const attributes = Object.entries(said).map(([name, value]) =>
    name === "autoplay" ? " autoplay" : value ? ` ${name}="${quoted(value)}"` : "",
  );
  const sound = piece ? `/api/v1/pieces/${piece}.mp3` : (here?.streams[0].url ?? "/stream.mp3");
  return `<script async src="${address("/player.js")}"></script>
<latent-fm${attributes.join("")} style="width: ${px(width)}; height: ${px(height)}">
  <a href="${quoted(address(sound))}">Listen to ${quoted(title)}</a>
</latent-fm>`;
}

/** Of two `#rrggbb`, 1 to 21. Source: WCAG 2.2, "contrast ratio". */
function contrast(one, other) {
  const light = (colour) => {
    const [r, g, b] = colour.match(/\w\w/g).map((pair) => {
      const part = parseInt(pair, 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const [dim, bright] = [light(one), light(other)].sort((a, b) => a - b);
  return bright / dim;
}

function show() {
  const said = chosen();
  const [width, height] = size();
  const player = byId("preview").firstElementChild;
  player.style.width = width.endsWith("%") ? width : `${width}px`;
  player.style.height = `${height}px`;
  for (const name of ["station", "piece", "theme", "show", ...COLOURS]) {
    if (name in said) player.setAttribute(name, said[name]);
    else player.removeAttribute(name);
  }
  byId("preview").dataset.theme = said.theme ?? "auto";
  say(byId("frame"), frameCode(said));
  say(byId("element"), elementCode(said));
  say(byId("link"), playerUrl(said));
  const poor = said.ground && contrast(`#${said.ground}`, `#${said.ink}`) < LEAST_CONTRAST;
  say(byId("contrast"), poor ? "These words will be hard to read on this ground." : "");
}

/** Begin with the colours that the theme has. */
function offer() {
  const { theme, coloured } = form.elements;
  byId("colours").querySelector("div").hidden = !coloured.checked;
  if (coloured.checked) return;
  const dark = theme.value === "dark" || (theme.value === "auto" && !light.matches);
  DEFAULTS[dark ? "dark" : "light"].forEach((value, i) => (form.elements[COLOURS[i]].value = value));
}

let stations = [];
let here; // the station that is chosen
form.addEventListener("input", () => {
  here = stations[byId("station").selectedIndex] ?? here;
  if (here && !piece) title = here.title;
  offer();
  show();
});
form.addEventListener("submit", (event) => event.preventDefault());

byId("preview").append(document.createElement("latent-fm"));
for (const [id, name] of Object.entries(NAMES)) {
  byId(id).parentElement.after(copyButton(byId(id), `Copy ${name}`));
}
if (piece) form.querySelector("[value=cover]").checked = true;
offer();
show();

({ stations, here } = await house(api));
here ??= stations[0];
byId("station").replaceChildren(
  ...stations.map(({ name, title: textContent }) => make("option", { value: name, textContent })),
);
byId("station").selectedIndex = stations.indexOf(here);
byId("what").hidden = Boolean(piece) || stations.length === 1;
const called = piece && (await api.get(`pieces/${piece}`).catch(() => ({ title: piece })));
title = (called || here).title;
say(document.querySelector(".home"), stations[0].title);
show();
