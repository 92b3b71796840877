// The scenes by name. A scene is a class with `draw(context, view)`, and how often it wants to.
//
// It draws in CSS pixels on a night that is already there, and keeps nothing that grows. `view` is
// the moment: {width, height, nowMs, timeline, position, airing, seconds, step, passed, still,
// light, house, room}: `airing` is what sounds at `position` or null, `seconds` and `step` are how
// far into it, `passed` the seconds of music since the last picture; `still` is true where somebody
// wants less motion.

import { Invitation } from "./invitation.js";
import { Night } from "./night.js";
import { Roll } from "./roll.js";
import { Score } from "./score.js";
import { Sky } from "./sky.js";
import { Walk } from "./walk.js";
import { Words } from "./words.js";

export const SCENES = {
  sky: Sky,
  roll: Roll,
  walk: Walk,
  score: Score,
  words: Words,
  invitation: Invitation,
  night: Night,
};
