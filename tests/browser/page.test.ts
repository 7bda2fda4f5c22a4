import { assert, assertEquals, assertMatch } from "@std/assert";
import axe, { type AxeResults } from "axe-core";
import { testPage } from "./browser.ts";

/** A daemon whose names, values and records are HTML that would show in the page's title. */
const HOSTILE = `
  const html = "<img src=x onerror=\\"document.title='hacked'\\">";
  export default { name: "hostile", description: "", run: (context) => {
    context.state.map("Map").set(html, { [html]: html });
    context.state.map("Map").set("turned", "a\\u202ename\\u2066\\x1b[2J");
    context.state.map("Map").set("\\u202ekey", { "\\u202ename": "x".repeat(5_000) });
    context.log.warning(html);
    return context.every(200, () => {});
  } };`;

/** A daemon with values that are no JSON. */
const EVIL = `
  export default { name: "evil", description: "", run: (context) => {
    const circle = {};
    circle.self = circle;
    return context.every(200, () => {
      context.state.map("Map").set("big", 123n).set("circle", circle);
    });
  } };`;

const COUNTER = `
  export default { name: "counter", description: "", run: (context) => {
    let count = 0;
    return context.every(200, () => void context.state.map("Map").set("counted", ++count));
  } };`;

testPage(
  "the page shows a crash and the recovery, live",
  { scenario: "crash=12s,refuse=20", daemons: { counter: COUNTER } },
  async ({ page, errors, elsewhere }) => {
    await page.getByRole("heading", { name: "All is well" }).waitFor();
    assertEquals(new URL(page.url()).hash, "");
    await page.locator('.hero[data-health="ok"]').waitFor();
    await page.locator(".service .pill", { hasText: "RUNNING" }).waitFor();
    await page.locator('.hero[data-health="critical"]').waitFor();
    await page.locator("#problems", { hasText: "STOPPED" }).waitFor();
    await page.locator(".facts .bad").first().waitFor();
    await page.locator(".hero[data-health=ok]").waitFor();
    assert(await page.locator(".marks path").count() >= 1);
    await page.locator("#log .error", { hasText: "restart_error 1" }).first().waitFor();
    assertEquals(
      await page.locator("#log .error .source").first().textContent(),
      "icinga_agent_service",
    );
    assertEquals(
      await page.locator("#state > details > summary").first().textContent(),
      "Daemons.counter.Map",
    );
    await page.locator("#log", { hasText: "Restarted service" }).waitFor();
    const count = page.locator('#state p[data-name="counted"] b');
    const before = Number(await count.textContent());
    await until(async () => Number(await count.textContent()) >= before + 3);
    // What is past stays in sight, whatever status follows.
    const about = page.locator("#about");
    for (let statuses = 0; statuses < 2; statuses++) {
      const text = await about.textContent();
      await until(async () => await about.textContent() !== text);
    }
    assert(await page.locator(".strip .tone-crit").count() >= 1);
    const strip = await page.locator(".strip").getAttribute("aria-label");
    assertMatch(strip!, /^Of the last .* it did not run for [1-9]/);
    assertEquals([errors, elsewhere], [[], []]);
  },
);

testPage(
  "the page shows how many probes are well, and what one that fails sees",
  { probes: ["disk free=8000000GB failAfter=0s settle=0s"] },
  async ({ page, errors }) => {
    await page.locator("#problems", { hasText: "icinga2 disk:" }).waitFor();
    const facts = page.locator(".service .facts");
    await facts.locator("div", { hasText: /^probes0 of 1 well$/ }).waitFor();
    await facts.locator("div", { hasText: "are free below" }).locator(".bad").waitFor();
    assertEquals(errors, []);
  },
);

testPage(
  "an agent that is silent, and one that is gone, is not shown as well",
  {},
  async ({ page, errors, agent, restart }) => {
    await page.getByRole("heading", { name: "All is well" }).waitFor();
    agent.signal("SIGSTOP");
    await page.getByRole("heading", { name: /^No contact since \d\d:\d\d/ }).waitFor();
    const isOffered = (name: string) => page.getByRole("button", { name, exact: true }).isEnabled();
    assertEquals([await isOffered("Pause…"), await isOffered("Log out")], [false, false]);
    const up = await page.locator("#about").textContent();
    await page.waitForTimeout(6_000); // Longer than what goes on with time is drawn again.
    assertEquals(await page.locator("#about").textContent(), up);
    assertMatch(await page.title(), /^No contact since/);
    assertEquals(await page.locator(".hero").getAttribute("data-health"), "unknown");
    agent.signal("SIGCONT");
    await page.getByRole("heading", { name: "All is well" }).waitFor();
    assertMatch(await page.title(), /^All is well/);
    assertEquals(errors.filter((error) => !error.includes("Failed to load resource")), []);
    agent.signal("SIGKILL");
    await page.getByRole("heading", { name: /^No contact since/ }).waitFor();
    await restart();
    await page.getByText("You were logged out: the agent was started anew").waitFor();
    assertMatch(await page.title(), /^Logged out/);
  },
);

testPage(
  "values that JSON does not know are shown, and the page with them",
  { daemons: { evil: EVIL } },
  async ({ page, errors }) => {
    await page.getByRole("heading", { name: "All is well" }).waitFor();
    await page.locator('#state p[data-name="big"] b', { hasText: "123" }).waitFor();
    await page.locator('#state [data-name="circle"]').waitFor();
    assertEquals(errors, []);
  },
);

testPage(
  "pause, resume and restart ask first, and then happen",
  { daemons: { counter: COUNTER } },
  async ({ page, errors, run, log }) => {
    const answer = (name: string) =>
      page.locator("dialog").getByRole("button", { name, exact: true }).click();
    await page.getByRole("button", { name: "Pause…" }).click();
    await answer("Cancel");
    assertEquals(JSON.parse((await run("status", "--json")).stdout).maintenance, null);
    await page.getByRole("button", { name: "Pause…" }).click();
    await page.locator("#duration").selectOption("2h");
    await answer("Pause");
    await page.getByRole("heading", { name: /^Paused until/ }).waitFor();
    const { since, until } = JSON.parse((await run("status", "--json")).stdout).maintenance;
    assertEquals(Math.round((Date.parse(until) - Date.parse(since)) / 1000), 7_200);
    await page.getByRole("button", { name: "Resume" }).click();
    await answer("Resume");
    await page.getByRole("heading", { name: "All is well" }).waitFor();
    await page.locator(".daemon summary", { hasText: "counter" }).click();
    await page.getByRole("button", { name: "Restart counter" }).click();
    await answer("Restart");
    await page.locator("#log", { hasText: "Restarting daemon 'counter'" }).waitFor();
    assertMatch(await log(), /Restarting daemon 'counter': a command asked for it/);
    assertEquals(errors, []);
  },
);

testPage("a service that is paused alone says until when", {}, async ({ page, run }) => {
  const pill = page.locator(".service .pill");
  await run("pause", "--service", "icinga2", "2h");
  await pill.getByText(/^RUNNING, paused until \d\d:\d\d$/).waitFor();
  await run("pause", "--service", "icinga2");
  await pill.getByText(/^RUNNING, paused$/).waitFor();
});

testPage("the keyboard is enough", { daemons: { counter: COUNTER } }, async ({ page, run }) => {
  await page.getByRole("heading", { name: "All is well" }).waitFor();
  /** Goes on with Tab until the element in focus has this text. */
  const tabTo = async (text: string) => {
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press("Tab");
      // @ts-ignore: runs in the page
      if (await page.evaluate(() => document.activeElement.textContent) === text) return;
    }
    throw new Error(`no way to ${text} by Tab`);
  };
  await tabTo("Pause…");
  await page.keyboard.press("Enter");
  await page.locator("dialog[open]").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("dialog[open]").waitFor({ state: "detached" });
  await page.keyboard.press("Enter");
  await tabTo("Pause");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /^Paused until/ }).waitFor();
  assert(JSON.parse((await run("status", "--json")).stdout).maintenance);
  const row = page.locator(".daemon summary").first();
  await tabTo((await row.textContent())!);
  await page.keyboard.press("Enter");
  await page.locator(".threads li").first().waitFor();
  await tabTo("Restart…");
});

testPage(
  "text from daemons is text, and the policy lets nothing else in",
  { daemons: { hostile: HOSTILE } },
  async ({ page, elsewhere, link }) => {
    await page.locator("#log .warning", { hasText: "onerror" }).waitFor();
    await page.locator("#state summary", { hasText: "onerror" }).first().waitFor();
    assertEquals(await page.locator("img[src=x]").count(), 0);
    await page.locator("#state p", { hasText: "a�name��[2J" }).waitFor();
    const text = await page.locator("body").innerText();
    assertEquals(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(text), false);
    assertEquals(text.includes("\x1b"), false);
    assertEquals(text.includes("�key"), true);
    const answer = (await page.request.get(new URL(await link()).origin)).headers();
    const policy = answer["content-security-policy"]!;
    assertMatch(policy, /default-src 'none'.*script-src 'self'.*frame-ancestors 'none'/);
    assert(!policy.includes("unsafe"));
    await page.evaluate(() => {
      // @ts-ignore: runs in the page
      document.body.insertAdjacentHTML(
        "beforeend",
        "<img src=x onerror=\"document.title='hacked'\">",
      );
      // @ts-ignore: runs in the page
      const script = document.createElement("script");
      script.textContent = "document.title = 'hacked'";
      // @ts-ignore: runs in the page
      document.body.append(script);
    });
    assertEquals((await page.title()).includes("hacked"), false);
    assertEquals(elsewhere, []);
  },
);

testPage("who is not logged in sees the login, and nothing else", {}, async (bench) => {
  const { page, home, link } = bench;
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("Token").waitFor();
  await page.reload();
  await page.getByLabel("Token").fill("wrong");
  await page.keyboard.press("Enter");
  await page.getByText("The token or the link is not valid").waitFor();
  assertEquals(await page.locator("#log li").count(), 0);
  await page.getByLabel("Token").fill(await Deno.readTextFile(`${home}/control.token`));
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "All is well" }).waitFor();
  const used = await link();
  const other = await page.context().browser()!.newPage();
  await other.goto(used);
  await other.getByRole("heading", { name: "All is well" }).waitFor();
  const late = await page.context().browser()!.newPage();
  await late.goto(used);
  await late.getByText("it opens the page once").waitFor();
});

testPage(
  "it is readable on a phone",
  {
    context: { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
    ...{ daemons: { a_daemon_with_a_name_that_is_about_as_long_as_names_can_be_here: COUNTER } },
  },
  async ({ page }) => {
    await page.locator('#state p[data-name="pid"]').waitFor();
    const [width, window] = await page.evaluate(() => [
      // @ts-ignore: runs in the page
      ...[document.documentElement.scrollWidth, innerWidth],
    ]);
    assertEquals([width, window], [360, 360]);
    const button = (await page.getByRole("button", { name: "Pause…" }).boundingBox())!;
    assert(button.x >= 0 && button.x + button.width <= 360);
  },
);

/** With the one for Icinga nine daemons: one that is ill, and seven that are well. */
const EIGHT = {
  ...Object.fromEntries(
    Array.from({ length: 7 }, (_, i) => [`well_${i}`, COUNTER.replace('"counter"', `"well_${i}"`)]),
  ),
  ill: `export default { name: "ill", description: "", run: (context) => {
    context.report("critical", "C: 3 GB free", { free: 3e9 });
    return context.every("1s", () => {});
  } };`,
};

testPage(
  "on a phone nine daemons are a row each; what is ill is first, open, and led to",
  {
    daemons: EIGHT,
    context: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  },
  async ({ page, errors }) => {
    await page.locator("#problems", { hasText: "ill: C: 3 GB free" }).waitFor();
    await page.locator(".daemon").nth(8).waitFor();
    const first = page.locator(".daemon").first();
    assertMatch((await first.textContent())!, /^ill/);
    assertEquals(await first.getAttribute("data-problem"), "critical");
    assertEquals(await page.locator(".daemon[open]").count(), 1);
    const box = (await page.locator("#daemons").boundingBox())!;
    assert(box.height <= 1_200, `${box.height} px`);
    await first.locator("summary").tap();
    assertEquals(await page.locator(".daemon[open]").count(), 0);
    await page.getByRole("button", { name: "ill: C: 3 GB free" }).tap();
    await page.locator(".daemon[open]").waitFor();
    assertEquals(await page.evaluate("document.activeElement.parentElement.dataset.key"), "ill");
    assertEquals(errors, []);
  },
);

testPage(
  "it is accessible, light and dark, wide and narrow, with everything unfolded",
  { scenario: "crash=1s,refuse=999", daemons: EIGHT },
  async ({ page }) => {
    await page.locator("#problems li").nth(1).waitFor();
    await page.locator(".daemon").nth(8).waitFor();
    await page.evaluate(axe.source);
    const runOnly = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    for (const colorScheme of ["light", "dark"] as const) {
      for (const width of [1_280, 390]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        await page.evaluate("document.querySelectorAll('details').forEach((d) => d.open = true)");
        const run = `axe.run(${JSON.stringify({ runOnly })})`;
        const { passes, violations } = await page.evaluate(run) as AxeResults;
        const found = violations.map(({ id, nodes }) =>
          `${id}: ${
            nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("; ")
          }`
        );
        assertEquals(found, [], `${colorScheme}, ${width} px`);
        assert(passes.length > 20, `${passes.length} rules passed`);
      }
    }
  },
);

testPage(
  "controls are 40 px high, and a window of 1,920 px is used",
  { daemons: EIGHT, context: { viewport: { width: 1_920, height: 1_000 } } },
  async ({ page }) => {
    await page.locator(".daemon").nth(8).waitFor();
    await page.locator(".daemon summary").nth(1).click();
    const controls = page.locator(
      "#dashboard :is(button:not(.lead), select, input[type=search], .daemon summary)",
    );
    for (const control of await controls.all()) {
      if (!await control.isVisible()) continue;
      const { height } = (await control.boundingBox())!;
      assert(height >= 40, `${await control.textContent()}: ${height} px`);
    }
    const { x, width } = (await page.locator("#dashboard").boundingBox())!;
    assert(x < 60 && width > 1_800, `${x}, ${width}`);
    const log = (await page.locator("#log").boundingBox())!;
    const daemons = (await page.locator("#daemons").boundingBox())!;
    assert(log.x > daemons.x + daemons.width, "the log is beside the daemons");
  },
);

/** What makes the pictures in docs/ anew: ICINGA_WARDEN_PICTURES=1 deno test -A tests/browser. */
const PICTURES = Deno.env.has("ICINGA_WARDEN_PICTURES");

const SHOP = {
  backup_age: `export default { name: "backup_age", description: "", run: (context) => {
    context.report("ok", "last backup 3 h ago", { age: { value: 10800, unit: "s" } });
    return context.every("1s", () => {});
  } };`,
  disk_watch: `export default { name: "disk_watch", description: "", run: (context) => {
    context.report("warning", "C: 3 GB free", { free: { value: 3e9, unit: "B" } });
    return context.every("1s", () => {});
  } };`,
  queue_watch: COUNTER.replace('"counter"', '"queue_watch"'),
};

for (const colorScheme of ["light", "dark"] as const) {
  testPage(
    `a picture of the page, ${colorScheme}, shows a crash, its restart and what daemons say`,
    {
      scenario: "crash=5s,refuse=2",
      daemons: SHOP,
      context: { viewport: { width: 1_280, height: 900 }, colorScheme, deviceScaleFactor: 1 },
    },
    async ({ page }) => {
      await page.locator(".marks path").nth(1).waitFor();
      await page.locator(".service .pill", { hasText: "RUNNING" }).waitFor();
      await page.locator("#problems", { hasText: "disk_watch: C: 3 GB free" }).waitFor();
      const picture = await page.screenshot({ fullPage: true });
      assert(picture.length > 10_000);
      if (PICTURES) await Deno.writeFile(`docs/page-${colorScheme}.png`, picture);
    },
  );
}

/** What a terminal shows, as HTML. */
function terminalPage(text: string): string {
  const styles: Record<string, string> = {
    ...{ 1: "font-weight:700", 2: "color:#98a4b5" },
    ...{ 31: "color:#ff6e6e", 32: "color:#3fcf8e", 33: "color:#f2ab3c" },
  };
  const lines = text.replaceAll("\r", "").replaceAll("<", "&lt;").trimEnd();
  // deno-lint-ignore no-control-regex
  const colours = /\x1b\[(\d+)m/g;
  const spans = lines.replaceAll(colours, (_, code) => {
    return styles[code] ? `<span style="${styles[code]}">` : "</span>";
  });
  return `<pre style="display:inline-block;margin:0;padding:20px 24px;background:#0d1117;
    color:#e7ecf3;font:14px/1.5 'DejaVu Sans Mono',monospace">${spans}</pre>`;
}

testPage(
  "a picture of status shows what it prints on a terminal",
  { scenario: "crash=8s,refuse=1", daemons: SHOP },
  async ({ page, runOnTerminal }) => {
    await page.locator(".marks path").first().waitFor();
    await page.locator(".service .pill", { hasText: "RUNNING" }).waitFor();
    const look = async () => (await runOnTerminal("status")).stdout;
    const expected = /WARNING.*[:;] disk_watch: C: 3 GB free/;
    let stdout = await look();
    // On a slow machine the service may be down at that moment, or have had many restarts.
    for (let looks = 1; looks < 10 && !expected.test(stdout); looks++) stdout = await look();
    assertMatch(stdout, expected);
    const shown = await page.context().newPage();
    await shown.setContent(terminalPage(stdout));
    const picture = await shown.locator("pre").screenshot();
    if (PICTURES) await Deno.writeFile("docs/status.png", picture);
  },
);

/** A daemon whose every text is 5,000 characters without a blank. */
const LONG = `
  const long = "x".repeat(5_000);
  export default { name: "long", description: "", run: (context) => {
    context.state.map("Map").set("plain", long).set("list", [long]).set("object", { [long]: long });
    context.log.warning(long);
    let beats = 0;
    return context.every(200, () => { if (++beats === 5) throw new Error("failed " + long); });
  } };`;

testPage(
  "a text of 5,000 characters widens nothing",
  { daemons: { long: LONG }, context: { viewport: { width: 1000, height: 700 } } },
  async ({ page }) => {
    await page.locator("#problems", { hasText: "daemon long is" }).waitFor();
    assertMatch((await page.locator("#problems").innerText()).slice(0, 200), /failed xxx/);
    await page.locator("#log .warning", { hasText: "xxx" }).first().waitFor();
    await page.locator("#state summary", { hasText: "list" }).first().waitFor();
    await page.evaluate("document.querySelectorAll('details').forEach((d) => d.open = true)");
    await page.locator('#state p[data-name="plain"] b', { hasText: "xxx" }).first().waitFor();
    const wide = await page.evaluate(`[document.documentElement.scrollWidth,
      ...[...document.querySelectorAll("body *")]
        .filter((element) => element.getBoundingClientRect().right > innerWidth)
        .map(({ tagName, className }) => tagName + " " + className)]`);
    assertEquals(wide, [1000]);
  },
);

Deno.test("the page is small, names no other host, and has nothing inline", async () => {
  const folder = new URL("../../lib/page/", import.meta.url);
  let size = 0;
  for await (const { name } of Deno.readDir(folder)) {
    const text = await Deno.readTextFile(new URL(name, folder));
    size += new TextEncoder().encode(text).length;
    const addresses = text.match(/https?:\/\/[^"' ]+/g) ?? [];
    assertEquals(addresses.filter((address) => address !== "http://www.w3.org/2000/svg"), [], name);
    if (name.endsWith(".html")) assertEquals(/ style=| on\w+=|<style|<script>/.test(text), false);
  }
  assert(size < 60_000, `${size} bytes`);
});

/** Waits until something holds, 2 min at most. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 120_000; !await holds();) {
    if (Date.now() > end) throw new Error(`not within 2 min: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
