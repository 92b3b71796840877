// What the room of the exhibit is set to, and which scenes the wall shall show.

const SCENES = ["sky", "roll", "walk", "score", "words"];
const SCENE_SECONDS = 720;
const ASK_MS = 60_000; // for opening hours; what somebody turns is told at once

/** Fires "change". Until the station has said anything: open, and all scenes in turn. */
export class Room extends EventTarget {
  state = { muted: false, paused: false, display: true, open: true, changes_at: null };
  scenes = SCENES;
  sceneSeconds = SCENE_SECONDS;
  #api;
  #told = 0; // times

  constructor(api, broadcast) {
    super();
    this.#api = api;
    broadcast.addEventListener("room", ({ detail }) => this.#set(detail));
    broadcast.addEventListener("now", () => this.ask());
    setInterval(() => this.ask(), ASK_MS);
  }

  async ask() {
    const told = this.#told;
    try {
      const { room, scenes, scene_seconds: seconds } = await this.#api.get("exhibit");
      this.scenes = scenes;
      this.sceneSeconds = seconds;
      if (told === this.#told) this.#set(room); // else somebody turned it while the answer came
    } catch {
      // What it was told last still holds.
    }
  }

  /** How long after its turn on air a position is heard in the room, in ms. */
  get delayMs() {
    return this.state.heard_delay_ms ?? 0;
  }

  #set(state) {
    this.#told += 1;
    this.state = { ...this.state, ...state };
    this.dispatchEvent(new Event("change"));
  }
}
