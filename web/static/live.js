// A station as it is heard here: its sound, what it says of itself, and where in it we are.

import { Broadcast } from "./broadcast.js";
import { Player } from "./player.js";
import { FRAMES_PER_SECOND, Timeline } from "./timeline.js";

const EDGE_SECONDS = 2; // while silent, stay this far behind the edge, where pieces are known
const NOTHING = new Timeline();

export const STATUS = {
  stopped: "Press play to listen",
  connecting: "Connecting…",
  playing: "On air",
  reconnecting: "Reconnecting…",
  gone: "The station is away. Trying again…",
};

// {broadcast, users} by station: all players of a page hear one broadcast, for a browser opens no
// more than six connections to a server.
const shared = new Map();

export class Live {
  #api;
  #broadcast = null;
  #now = null;
  #last = null; // position that was heard last, since play was pressed

  constructor(api) {
    this.#api = api;
    this.player = new Player(api);
  }

  /** What the station says of itself, or null while nobody attends to it. */
  get broadcast() {
    return this.#broadcast;
  }

  get timeline() {
    return this.#broadcast?.timeline ?? NOTHING;
  }

  /** The player's; "gone" as well where nothing is to be heard and the station is away. */
  get state() {
    const { state } = this.player;
    const away = state === "stopped" && this.#broadcast?.now && !this.#broadcast.online;
    return away ? "gone" : state;
  }

  /** Hear what the station says, while `wanted`. */
  attend(wanted) {
    if (wanted === Boolean(this.#broadcast)) return;
    const name = this.#api.ours("/");
    const found = shared.get(name) ?? { broadcast: new Broadcast(this.#api), users: 0 };
    found.users += wanted ? 1 : -1;
    this.#broadcast = wanted ? found.broadcast : null;
    if (found.users) return shared.set(name, found);
    found.broadcast.close();
    shared.delete(name);
  }

  /**
   * What this listener hears. While the sound is looked for again it is where it was lost; while
   * nobody listens, what one would hear who came now.
   */
  position() {
    const heard = this.player.heardPosition();
    this.#last = this.player.wanted ? (heard ?? this.#last) : null;
    if (this.#last !== null || this.player.state === "playing") return this.#last;
    const live = this.#broadcast?.livePosition() ?? null;
    return live === null ? null : live - EDGE_SECONDS * FRAMES_PER_SECOND;
  }

  /** What to show: `{state, status, title, key, links, station, link}`; null before it is known. */
  told() {
    this.#now = this.#broadcast?.now ?? this.#now;
    if (!this.#now) return null;
    const at = this.position();
    const piece = at === null ? null : this.timeline.at(at)?.piece;
    const { state } = this;
    return {
      state,
      status: STATUS[state],
      title: piece?.title ?? this.#now.show,
      key: piece?.key ?? "",
      links: piece?.links,
      station: this.#now.title,
      link: this.#api.ours("/"),
    };
  }

  close() {
    this.attend(false);
    this.player.close();
  }
}
