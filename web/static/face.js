// What <latent-fm> shows, in a shadow root: no style of the page reaches it but by its parts, and
// the page's Content-Security-Policy need not allow styles in line, or markup from strings.

import { Api } from "./api.js";
import { make, say } from "./dom.js";
import { Live } from "./live.js";

const BASE = new URL("..", import.meta.url).href;
const TOLD_MS = 250;
const COLOURS = ["ground", "ink", "melody", "bass", "drums"];
const NO = [null, "0", "false"];

let sheet = null; // one for all elements of the page

/** A face for `host`, or null if that left meanwhile. Throws when the radio is away. */
export async function makeFace(host) {
  sheet ??= await fetchSheet();
  if (host.getAttribute("piece")) await import("./record.js");
  return host.isConnected ? new Face(host) : null;
}

async function fetchSheet() {
  const answer = await fetch(new URL("face.css", import.meta.url));
  if (!answer.ok) throw new Error(`face.css: ${answer.status}`);
  return new CSSStyleSheet().replace(await answer.text());
}

class Face {
  #host;
  #box = make("div", { id: "player", part: "player", role: "group" });
  #parts = {};
  #api;
  #sound = null; // a Live, or the Record of a piece
  #tuning; // the last #tune asked for
  #roll = null; // {stop}
  #seen = false;
  #title; // that the lock screen shows
  #sight;
  #telling; // a timer

  constructor(host) {
    this.#host = host;
    const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    root.replaceChildren(this.#box);
    this.#build();
    this.#sight = new IntersectionObserver((looks) => {
      this.#seen = looks.at(-1).isIntersecting;
      this.#attend();
    });
    this.#sight.observe(host);
    this.#telling = setInterval(() => this.#tell(), TOLD_MS);
    this.#dress();
    this.#tune(!NO.includes(this.#asked("autoplay")));
  }

  get player() {
    return this.#sound?.player ?? null;
  }

  /** An attribute is another one now. */
  change(name) {
    if (name === "mount") this.player?.choose?.(this.#asked("mount"));
    else if (name === "station" || name === "piece") this.#tune(this.player?.wanted);
    else this.#dress();
  }

  close() {
    this.#sight.disconnect();
    clearInterval(this.#telling);
    this.#roll?.stop();
    this.#roll = this.#tuning = null;
    this.#sound?.close();
  }

  #asked(name) {
    return this.#host.getAttribute(name);
  }

  #build() {
    const part = (tag, id, fields = {}) =>
      (this.#parts[id] = make(tag, { id, part: id, ...fields }));
    const front = make("div", { className: "front" });
    const words = make("div", { className: "words" });
    const facts = make("p", { part: "facts" });
    const button = { type: "button", ariaLabel: "Play", onclick: () => this.player?.toggle() };
    front.append(part("img", "cover", { alt: "" }), part("button", "play", button));
    facts.append(
      part("a", "link", { target: "_blank", rel: "noopener" }),
      part("span", "key"),
      part("span", "place"),
    );
    words.append(
      part("p", "title", { ariaLive: "polite" }),
      facts,
      part("p", "status", { role: "status" }),
    );
    this.#box.append(front, words);
  }

  /** Another station or piece. */
  async #tune(plays) {
    const tuning = (this.#tuning = {});
    const [station, piece] = [this.#asked("station"), this.#asked("piece")];
    const { Record } = piece ? await import("./record.js") : {};
    if (this.#tuning !== tuning) return;
    this.#sound?.close();
    this.#api = new Api(BASE, station || null);
    this.#sound = piece ? new Record(this.#api, piece) : new Live(this.#api);
    const { player } = this.#sound;
    player.choose?.(this.#asked("mount"));
    player.addEventListener("change", () => {
      this.#attend();
      this.#tell();
      this.#host.dispatchEvent(new Event("change"));
    });
    this.#attend();
    if (plays) player.play();
  }

  #attend() {
    this.#sound?.attend(this.#seen || this.player.wanted);
  }

  #tell() {
    const told = this.#sound?.told();
    if (!told) return;
    const { link, play, cover } = this.#parts;
    this.#box.dataset.state = told.state;
    this.#box.ariaLabel = told.station;
    play.ariaPressed = String(this.player.wanted);
    play.ariaBusy = String(this.player.wanted && told.state !== "playing");
    for (const name of ["title", "key", "place", "status"]) say(this.#parts[name], told[name] ?? "");
    say(link, told.station ?? "");
    link.href = told.link;
    const picture = told.links && !cover.hidden ? this.#api.address(told.links.cover) : "";
    if (picture && cover.src !== picture) cover.src = picture;
    if (this.player.wanted && told.title !== this.#title) this.#tellOutside(told);
  }

  /** The lock screen. */
  async #tellOutside({ title, station: artist, links }) {
    this.#title = title;
    const { showOutside } = await import("./lockscreen.js").catch(() => ({}));
    showOutside?.({ title, artist, links }, this.#api);
  }

  /** Take what the attributes say of its looks. */
  async #dress() {
    for (const name of COLOURS) {
      const colour = (this.#asked(name) ?? "").replace(/^(?=[\da-f]{3,8}$)/i, "#");
      this.#box.style.setProperty(`--${name}`, CSS.supports("color", colour) ? colour : "");
    }
    const shown = (this.#asked("show") ?? "").split(/\s+/);
    this.#parts.cover.hidden = !shown.includes("cover");
    this.#roll?.stop();
    this.#roll = null;
    if (!shown.includes("roll")) return;
    const roll = (this.#roll = { stop() {} }); // the last one asked for
    const { showRoll } = await import("./face-roll.js").catch(() => ({}));
    if (showRoll && this.#roll === roll) roll.stop = showRoll(this.#box, () => this.#sound);
  }
}
