// An ear in a page: what its audio element gives, frame by frame, beside what the page says of it.

async () => {
  const LOOK_MS = 25;
  const RATE_HZ = 48_000;
  const worklet = `registerProcessor("ear", class extends AudioWorkletProcessor {
    process([[left]]) {
      this.port.postMessage({ frame: currentFrame, left });
      return true;
    }
  })`;
  const context = new AudioContext({ sampleRate: RATE_HZ });
  await context.audioWorklet.addModule(URL.createObjectURL(
    new Blob([worklet], { type: "text/javascript" }),
  ));
  const ear = new AudioWorkletNode(context, "ear");
  context.createMediaElementSource(latentfm.audio).connect(ear).connect(context.destination);

  /** Listen for some seconds: {samples: base64 of float32, said: [[frame, position], …]}. */
  window.hear = async (seconds) => {
    const samples = new Float32Array(seconds * RATE_HZ);
    const said = [];
    let first = null; // a moment after there is sound: what has just begun to play comes in late
    const looking = setInterval(() => {
      const position = latentfm.heardPosition();
      if (position !== null && first !== null) said.push([context.currentTime * RATE_HZ - first, position]);
    }, LOOK_MS);
    await new Promise((done) => {
      ear.port.onmessage = ({ data: { frame, left } }) => {
        if (first === null && left?.some(Boolean)) first = frame + RATE_HZ / 10;
        if (first === null) return;
        const at = frame - first;
        if (left && at >= 0 && at + left.length <= samples.length) samples.set(left, at);
        if (at > samples.length) done();
      };
    });
    clearInterval(looking);
    ear.port.onmessage = null;
    const bytes = new Uint8Array(samples.buffer);
    let text = "";
    for (let i = 0; i < bytes.length; i += 8_192) {
      text += String.fromCharCode(...bytes.subarray(i, i + 8_192));
    }
    return { samples: btoa(text), said };
  };
}
