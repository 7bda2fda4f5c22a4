import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { type Bench, type Running, testExe } from "../exe/program.ts";
import { tellSkipped } from "../skipped.ts";

const PATHS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

const CHROMIUM = Deno.env.get("CHROMIUM") ?? PATHS.find(exists);

/** A page of a running agent, and what it did that no page of the agent may do. */
export interface PageBench extends Bench {
  page: Page;
  agent: Running;
  /** Starts the agent again, at the same address; resolves when it answers. */
  restart(): Promise<void>;
  /** Errors on the page's console, uncaught ones included. */
  errors: string[];
  /** What was asked of anybody but the agent. */
  elsewhere: string[];
  /** A one-time link to the page. */
  link(): Promise<string>;
}

/** How the page is tried. */
export interface PageOptions {
  /** What the simulated service does. */
  scenario?: string;
  /** Daemons beside the Icinga daemon, by name: their modules' text. */
  daemons?: Record<string, string>;
  /** The argument `probes` of the Icinga daemon, whose Icinga 2 then has its files in home. Default: no Icinga 2. */
  probes?: string[];
  /** How large the window is, which theme is preferred, and so on. */
  context?: BrowserContextOptions;
}

/** A test of the page in a headless Chromium, served by the compiled program; without either it is skipped. */
export function testPage(
  name: string,
  options: PageOptions,
  test: (bench: PageBench) => Promise<void>,
): void {
  if (CHROMIUM === undefined) {
    tellSkipped(name, "there is no Chromium; install it, or name it in CHROMIUM");
    return Deno.test({ name, ignore: true, fn: () => {} });
  }
  testExe(name, async (bench) => {
    await configure(bench, options);
    const start = async () => {
      const scenario = options.scenario ?? "crash=1h";
      const agent = bench.start("run", "--foreground", "--simulate", "--scenario", scenario);
      await agent.printed(/the page are served/);
      return agent;
    };
    const agent = await start();
    const restart = async () => void await start();
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
    try {
      await onPage(browser, { ...bench, agent, restart }, options, test);
    } finally {
      await browser.close();
    }
  });
}

async function configure(bench: Bench, { daemons = {}, probes }: PageOptions): Promise<void> {
  const own = Object.keys(daemons).map((name) => [name, { module: `${name}.js` }]);
  const seen = probes && { dataDir: bench.home, probes };
  if (probes) await Deno.mkdir(`${bench.home}/var/lib/icinga2`, { recursive: true });
  // Where a browser starts slowly, the service has crashed often before a test looks, and must not count as flapping.
  const often = { interval: "200ms", backoff: "0s", maxRestarts: 0 };
  const icinga = { arguments: { ...often, ...seen } };
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = free.addr as Deno.NetAddr;
  free.close();
  const config = {
    daemons: { icinga_agent_service: icinga, ...Object.fromEntries(own) },
    control: { listen: `127.0.0.1:${port}` },
  };
  await bench.write("icinga-warden.json", JSON.stringify(config));
  for (const [name, text] of Object.entries(daemons)) await bench.write(`${name}.js`, text);
}

async function onPage(
  browser: Browser,
  bench: Bench & Pick<PageBench, "agent" | "restart">,
  { context }: PageOptions,
  test: (bench: PageBench) => Promise<void>,
): Promise<void> {
  const link = async () => (await bench.run("open", "--print")).stdout.trim();
  const page = await (await browser.newContext(context)).newPage();
  page.setDefaultTimeout(60_000);
  const errors: string[] = [];
  const elsewhere: string[] = [];
  const first = await link();
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(new URL(first).origin)) elsewhere.push(request.url());
  });
  await page.goto(first);
  await test({ ...bench, page, errors, elsewhere, link });
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
