// What the page and the embed share: the player, the broadcast, and what to tell the listener.

import { Broadcast } from "./broadcast.js";
import { byId, say } from "./dom.js";
import { Glide } from "./glide.js";
import { Player } from "./player.js";
import { Roll } from "./roll.js";
import { FRAMES_PER_SECOND } from "./timeline.js";

const TOLD_MS = 200;
const EDGE_SECONDS = 2; // while silent, stay this far behind the edge, where pieces are known

const STATUS = {
  stopped: "Press play to listen",
  connecting: "Connecting…",
  playing: "On air",
  reconnecting: "Reconnecting…",
  gone: "The station is away. Trying again…",
};

/**
 * Bind `#play`, `#status` and `#roll`, and keep calling `tell(airing, position)` with what is
 * heard, or, while nothing sounds, with what is on air; null where that is not known.
 */
export function listen(tell) {
  const player = new Player();
  const broadcast = new Broadcast();
  const { timeline } = broadcast;
  const roll = new Roll(byId("roll"));
  const glide = new Glide(300);

  /** What this listener hears; while nothing sounds, what one would who came now. */
  const position = () => {
    const heard = player.heardPosition();
    const live = broadcast.livePosition();
    if (heard !== null || live === null || player.state === "playing") return heard;
    return live - EDGE_SECONDS * FRAMES_PER_SECOND;
  };
  const nowHeard = () => {
    const heard = player.heardPosition();
    return heard === null ? null : timeline.at(heard);
  };

  const show = () => {
    const { state, wanted } = player;
    const away = state === "stopped" && broadcast.now && !broadcast.online;
    document.documentElement.dataset.state = away ? "gone" : state;
    byId("play").ariaPressed = String(wanted);
    say(byId("status"), STATUS[away ? "gone" : state]);
    const at = position();
    tell(at === null ? null : timeline.at(at), at);
  };
  const draw = (nowMs) => {
    roll.draw(timeline, glide.at(position(), nowMs));
    requestAnimationFrame(draw); // which browsers hold back while the page is hidden
  };

  byId("play").addEventListener("click", () => player.toggle());
  player.addEventListener("change", show);
  setInterval(show, TOLD_MS);
  requestAnimationFrame(draw);
  window.latentfm = { audio: player.audio, heardPosition: () => player.heardPosition(), nowHeard };
  return { player, broadcast };
}
