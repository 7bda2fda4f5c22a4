/**
 * A thread as a daemon finds it: imports a module after its realm was closed, and posts what its default export returns.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { importable } from "../../lib/thread/load.ts";

const post = self.postMessage.bind(self);

self.onmessage = async ({ data: file }: MessageEvent<string>) => {
  try {
    await importable(file);
    const { default: attack } = await import(pathToFileURL(file).href);
    post(await attack());
  } catch (error) {
    post(String((error as Error).message));
  }
};
