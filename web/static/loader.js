// /player.js: brings <latent-fm> to any page, as a module or as a plain script. The player itself
// is asked for where one stands; until it is there, what stands inside is shown.

if (!customElements.get("latent-fm")) {
  // A module imports by its own address; a plain script of another site has to say it.
  const own = document.currentScript?.src;
  let again = ""; // browsers may remember what failed: each try has another address
  const load = () => import(own ? new URL(`static/face.js${again}`, own) : `./static/face.js${again}`);

  class LatentFm extends HTMLElement {
    static observedAttributes = [
      "station", "piece", "theme", "show", "mount", "ground", "ink", "melody", "bass", "drums",
    ];
    #face = null;
    #waitMs = 0; // for the next try; 0 when there is none

    connectedCallback() {
      if (!this.#face && !this.#waitMs) this.#open(2_000);
    }

    disconnectedCallback() {
      // Who moves it takes it away first.
      queueMicrotask(() => {
        if (this.isConnected) return;
        this.#face?.close();
        this.#face = null;
      });
    }

    attributeChangedCallback(name, before, after) {
      if (before !== after) this.#face?.change(name);
    }

    /** What plays, with its `audio` element; null until it is there. */
    get player() {
      return this.#face?.player ?? null;
    }

    /** stopped, connecting, playing, reconnecting or gone. Fires "change". */
    get state() {
      return this.player?.state ?? "stopped";
    }

    play() {
      if (this.player) this.player.play();
      else this.setAttribute("autoplay", "");
    }

    stop() {
      this.removeAttribute("autoplay");
      this.player?.stop();
    }

    async #open(waitMs) {
      this.#waitMs = waitMs;
      try {
        this.#face = await (await load()).makeFace(this);
      } catch {
        again += "?";
        await new Promise((done) => setTimeout(done, waitMs * (1 + Math.random())));
        if (this.isConnected) return this.#open(Math.min(60_000, 2 * waitMs));
      }
      this.#waitMs = 0;
    }
  }
  customElements.define("latent-fm", LatentFm);
}
