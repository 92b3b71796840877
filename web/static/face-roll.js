// The roll behind the words of <latent-fm>; asked for where one is shown.

import { make } from "./dom.js";
import { frames } from "./frames.js";
import { Glide } from "./glide.js";
import { Roll } from "./roll.js";

/** Draw what `sound()` (a Live or a Record, or null) plays, first in `box`, until `stop()`. */
export function showRoll(box, sound) {
  const canvas = make("canvas", { id: "roll", part: "roll", role: "img" });
  canvas.ariaLabel = "Piano roll of what is heard";
  box.prepend(canvas);
  const roll = new Roll(canvas);
  const glide = new Glide(300);
  const stop = frames(canvas, (nowMs) => {
    const heard = sound();
    if (heard) roll.draw(heard.timeline, glide.at(heard.position(), nowMs));
  });
  return () => {
    stop();
    roll.close();
    canvas.remove();
  };
}
