// Our own page as it listens: the button, the roll, and what to tell the listener.

import { byId, say } from "./dom.js";
import { frames } from "./frames.js";
import { Glide } from "./glide.js";
import { api } from "./here.js";
import { Live, STATUS } from "./live.js";
import { Roll } from "./roll.js";

const TOLD_MS = 200;

/**
 * Bind `#play`, `#status` and `#roll`, and keep calling `tell(airing, position)` with what is
 * heard, or, while nothing sounds, with what is on air; null where that is not known. Returns the
 * `player`, the `broadcast`, and `smooth(nowMs)`, the position as evenly as pictures are drawn.
 */
export function listen(tell) {
  const live = new Live(api);
  live.attend(true);
  const { player, broadcast, timeline } = live;
  const roll = new Roll(byId("roll"));
  const glide = new Glide(300);

  const heardPosition = () => player.heardPosition();
  const nowHeard = () => {
    const heard = heardPosition();
    return heard === null ? null : timeline.at(heard);
  };
  const show = () => {
    const { state } = live;
    document.documentElement.dataset.state = state;
    byId("play").ariaPressed = String(player.wanted);
    say(byId("status"), STATUS[state]);
    const position = live.position();
    tell(position === null ? null : timeline.at(position), position);
  };
  const smooth = (nowMs) => glide.at(live.position(), nowMs);

  byId("play").addEventListener("click", () => player.toggle());
  player.addEventListener("change", show);
  setInterval(show, TOLD_MS);
  frames(byId("roll"), (nowMs) => roll.draw(timeline, smooth(nowMs)));
  window.latentfm = { player, audio: player.audio, heardPosition, nowHeard };
  return { player, broadcast, smooth };
}
