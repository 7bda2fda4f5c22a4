/** The smallest thread there can be: it says that it is there. */
self.postMessage("ready");
self.onmessage = () => void setInterval(() => {}, 1_000);
