/** The smallest thread there can be: it says that it is there. Told `loop`, it has a timer of 1 s. */
self.postMessage("ready");
self.onmessage = ({ data }) => {
  if (data === "loop") setInterval(() => {}, 1_000);
};
