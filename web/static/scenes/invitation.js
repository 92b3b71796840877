// When nothing is asked of the wall: what this is, in a few words, on a night with slow lights.

import { PARTS } from "../score.js";
import { drawStars } from "./night.js";
import { SANS, SERIF, fitting, lines } from "./text.js";

const WHAT = "Melody, bass, drums, and the way from each piece to the next.";
const SLIDE_SECONDS = 11;
const FADE_SECONDS = 2.2;
const AURORA_PX = 16; // of the wall a pixel of the lights
const WIDE = 0.74; // of the width
const PLACES = [0.44, 0.3, 0.58, 0.37, 0.66]; // of the height, in turn

export class Invitation {
  static framesASecond = 24;

  #sinceMs = null;
  #small = document.createElement("canvas"); // the lights: so soft that few pixels show them

  draw(context, view) {
    this.#sinceMs ??= view.nowMs;
    drawStars(context, view, 0.8);
    this.#aurora(context, view);
    const slides = slidesOf(view);
    const seconds = (view.nowMs - this.#sinceMs) / 1_000;
    const turn = Math.floor(seconds / SLIDE_SECONDS);
    const within = seconds % SLIDE_SECONDS;
    const lit = Math.min(1, within / FADE_SECONDS, (SLIDE_SECONDS - within) / FADE_SECONDS);
    context.globalCompositeOperation = "source-over";
    write(context, view, slides[turn % slides.length], PLACES[turn % PLACES.length], lit);
  }

  /** Three large lights, one a part, each on its own slow way. */
  #aurora(context, { width, height, light, nowMs, still }) {
    if (light.strong.matches) return;
    const seconds = still ? 40 : nowMs / 1_000;
    const small = this.#small;
    small.width = Math.round(width / AURORA_PX); // which clears it, too
    small.height = Math.round(height / AURORA_PX);
    const on = small.getContext("2d");
    on.globalCompositeOperation = "lighter";
    PARTS.forEach((part, i) => {
      const x = small.width * (0.5 + 0.36 * Math.sin(seconds / (19 + 5 * i) + 2.1 * i));
      const y = small.height * (0.5 + 0.34 * Math.cos(seconds / (23 + 4 * i) + 1.3 * i));
      light.shine(on, part, x, y, 1.3 * Math.max(small.width, small.height), 0.5);
    });
    context.globalCompositeOperation = "lighter";
    context.globalAlpha = 0.24;
    // Beyond the edges: the whole picture drifts.
    context.drawImage(small, -0.03 * width, -0.03 * height, 1.06 * width, 1.06 * height);
  }
}

/** `[large, small]` each. */
function slidesOf({ house, room }) {
  if (!room.open) {
    const opens = room.changes_at ? `Opens ${moment(new Date(room.changes_at))}` : "Closed";
    return [[house.title, opens]];
  }
  const slides = [
    [house.title, house.description],
    ["Generated now. Never played before.", ""],
    ["A neural network composes while you listen.", WHAT],
  ];
  return room.paused ? [...slides, ["The music rests.", "It will go on soon."]] : slides;
}

/** "at 10:00", "tomorrow at 10:00", "on Tuesday at 10:00". */
function moment(when, now = new Date()) {
  const days = Math.round((midnight(when) - midnight(now)) / 86_400_000);
  const time = when.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const how = days < 7 ? { weekday: "long" } : { day: "numeric", month: "long" };
  const day = when.toLocaleDateString("en-GB", how);
  return `${["", "tomorrow "][days] ?? `on ${day} `}at ${time}`;
}

const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());

function write(context, { width, height, light }, [large, small], place, lit) {
  const shorter = Math.min(width, height);
  const wide = WIDE * width;
  context.fillStyle = light.strong.matches ? "#fff" : light.ink;
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  const big = fitting(context, large, SERIF, wide, width > height ? 2 : 4, 0.115 * shorter);
  context.font = `${big}px ${SERIF}`;
  context.globalAlpha = 0.9 * lit;
  const title = lines(context, large, wide);
  let y = height * place - ((title.length - 1) * big * 1.15) / 2;
  for (const line of title) {
    context.fillText(line, width / 2, y);
    y += big * 1.15;
  }
  const size = 0.034 * shorter;
  context.font = `${size}px ${SANS}`;
  context.globalAlpha = 0.66 * lit;
  for (const line of small ? lines(context, small, wide * 0.8) : []) {
    context.fillText(line, width / 2, y);
    y += size * 1.5;
  }
}
