// Opens pages of jobsim in Chromium, as they lie on disk, and says what is wrong with them.
//
//   node check.mjs FOLDER      FOLDER/NAME/report.html for each NAME; of `hostile` the texts that must be seen are in
//                              FOLDER/hostile.json
//
// For each page: the HTML validator; without scripts, everything is there; with scripts, light and dark, 1280 and 400 px
// wide: no violation of axe, nothing on the console, no request but for the page, no sideways scrolling of the page. Then
// the scripts themselves: walk through time by keyboard and button, filter the pods, zoom a chart. Exit code 1 and one line a
// complaint when something is wrong. --pictures DIR writes a PNG of each page as well.

import { readFileSync, readdirSync, existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { HtmlValidate } from "html-validate";
import { chromium } from "playwright-core";

const folder = resolve(process.argv[2]);
const pictures = process.argv[3] === "--pictures" ? resolve(process.argv[4]) : null;
if (pictures) mkdirSync(pictures, { recursive: true });
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const names = readdirSync(folder).filter((name) => existsSync(join(folder, name, "report.html"))).sort();
const complaints = [];
let checks = 0;
const must = (holds, page, what) => {
  checks++;
  if (!holds) complaints.push(`${page}: ${what}`);
};

const validator = new HtmlValidate({
  extends: ["html-validate:standard", "html-validate:a11y"],
  rules: {
    // A region that scrolls must be within reach of the keyboard (axe: scrollable-region-focusable).
    "no-redundant-role": "error",
    "svg-focusable": "off",
    // Styles and scripts are one file each, within the page: that is the point of it.
    "long-title": "off",
    "require-sri": "off",
  },
});

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});

// A tab that tells of everything that goes wrong in it.
async function open(name, options) {
  const context = await browser.newContext(options);
  // On a busy machine everything takes its time: nothing here is about speed.
  context.setDefaultTimeout(300_000);
  const page = await context.newPage();
  const url = pathToFileURL(join(folder, name, "report.html")).href;
  page.on("console", (message) => must(message.type() !== "error" && message.type() !== "warning", name, `console: ${message.text()}`));
  page.on("pageerror", (error) => must(false, name, `error: ${error.message}`));
  page.on("request", (request) => must(request.url() === url, name, `asks for ${request.url()}`));
  page.on("dialog", (dialog) => { must(false, name, `dialog: ${dialog.message()}`); dialog.dismiss(); });
  await page.goto(url);
  return page;
}

async function valid(name) {
  const report = await validator.validateFile(join(folder, name, "report.html"));
  const messages = report.results.flatMap((result) => result.messages);
  for (const m of messages.slice(0, 10)) must(false, name, `validator: ${m.ruleId}: ${m.message} (${m.line}:${m.column})`);
  must(messages.length === 0, name, `validator: ${messages.length} findings`);
}

async function withoutScripts(name) {
  const page = await open(name, { javaScriptEnabled: false, viewport: { width: 1280, height: 900 } });
  for (const section of await page.locator("main > section > h2").all()) must(await section.isVisible(), name, "a section is hidden without scripts");
  must(await page.locator("main > section").count() >= 4, name, "too few sections");
  for (const controls of await page.locator(".stepper, .filter, .tools").all()) must(!await controls.isVisible(), name, "controls without scripts");
  await page.context().close();
}

async function accessible(name, colorScheme, width) {
  const page = await open(name, { colorScheme, viewport: { width, height: 900 } });
  const what = `${name} (${colorScheme}, ${width} px)`;
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  must(wide <= 0, what, `the page is ${wide} px too wide`);
  // Folded parts have to be readable as well.
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  for (const v of found.violations) {
    must(false, what, `axe: ${v.id}: ${v.help}; ${v.nodes.length} times, first ${v.nodes[0].html.slice(0, 160)} ${v.nodes[0].failureSummary}`);
  }
  must(found.violations.length === 0, what, `axe: ${found.violations.length} violations`);
  if (pictures) await page.screenshot({ path: join(pictures, `${name}-${colorScheme}-${width}-all.png`), fullPage: true });
  await page.context().close();
}

// Through the run by button and by keyboard.
async function walks(name) {
  const page = await open(name, { viewport: { width: 1280, height: 900 } });
  const steps = page.locator(".steps").first();
  const rows = await steps.locator("tbody tr:not(.gap)").count();
  const now = async () => (await steps.locator(".now").innerText()).replace(/\s+/g, " ");
  const current = async () => (await steps.locator("tr[aria-current] td").first().innerText());
  const first = await now();
  must(first.includes("active"), name, `no state beside the first step: ${first}`);
  await steps.locator(".next").click();
  const second = await now();
  must(second !== first && second.includes(await current()), name, "Next does not go on");
  await steps.locator("input[type=range]").focus();
  await page.keyboard.press("ArrowRight");
  must(await now() !== second, name, "the right arrow does not go on");
  await page.keyboard.press("End");
  const last = await now();
  must(await steps.locator("tr").last().getAttribute("aria-current") === "step", name, "End is not the last step");
  must(last.includes(await current()), name, "the words are not those of the row");
  await steps.locator(".next").click();
  must(await now() === last, name, "Next goes beyond the end");
  await page.keyboard.press("Home");
  await steps.locator("input[type=range]").focus();
  await page.keyboard.press("Home");
  must(await now() === first, name, "Home is not the first step");
  must(rows > 5, name, `only ${rows} steps`);
  await page.context().close();
}

async function filters(name) {
  const page = await open(name, { viewport: { width: 1280, height: 900 } });
  const pods = page.locator(".pods").first();
  await pods.evaluate((details) => { details.open = true; });
  const shown = () => pods.locator("tbody tr:visible").count();
  const all = await shown();
  const phase = (await pods.locator("tbody tr").first().innerText()).includes("Succeeded") ? "Succeeded" : "Failed";
  await pods.locator("input[type=search]").fill(phase.toLowerCase());
  const succeeded = await shown();
  const expected = await pods.locator("tbody tr", { hasText: phase }).count();
  must(succeeded === expected && succeeded > 0, name, `${succeeded} of ${expected} pods are shown for ${phase}`);
  must((await pods.locator(".count").innerText()) === `${succeeded} of ${all} shown`, name, "the count is not told");
  await pods.locator("input[type=search]").fill("3");
  must(await shown() >= 1 && await shown() < all, name, "a number does not filter");
  await pods.locator("input[type=search]").fill("no such thing");
  must(await shown() === 0, name, "rows for nothing");
  await pods.locator("input[type=search]").fill("");
  must(await shown() === all, name, "rows do not come back");
  await page.context().close();
}

// A chart drawn by scripts: its scale changes with a drag, comes back with a double click, and the mouse tells values.
async function zooms(name) {
  const page = await open(name, { viewport: { width: 1280, height: 900 } });
  const chart = page.locator("figure.chart", { has: page.locator(".explore") }).first();
  must(await chart.count() === 1, name, "no chart to look into");
  if (await chart.count() === 1) {
    await chart.locator(".explore").click();
    const plot = chart.locator(".u-over");
    await plot.scrollIntoViewIfNeeded();
    const scale = () => chart.locator(".live").getAttribute("data-shown");
    const before = await scale();
    const box = await plot.boundingBox();
    await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.5);
    must(/\d/.test(await chart.locator(".u-legend .u-value").nth(1).innerText()), name, "the mouse tells no value");
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.5, { steps: 4 });
    await page.mouse.up();
    must(await scale() !== before, name, `a drag does not zoom (${before})`);
    await plot.dblclick();
    must(await scale() === before, name, "a double click does not bring the whole back");
    if (pictures) await chart.screenshot({ path: join(pictures, `${name}-live.png`) });
    await chart.locator(".explore").click();
    must(await chart.locator(".drawing").isVisible(), name, "the picture does not come back");
  }
  await page.context().close();
}

// What somebody wrote into manifests and options is text.
async function harmless(name) {
  const page = await open(name, { viewport: { width: 1280, height: 900 } });
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
  const text = await page.locator("body").innerText();
  for (const expected of JSON.parse(readFileSync(join(folder, "hostile.json"), "utf8"))) must(text.includes(expected), name, `is not shown as text: ${expected}`);
  must(await page.evaluate(() => globalThis.hacked === undefined), name, "a script of the input ran");
  must(await page.locator("script:not([type])").count() <= 2, name, "a script got in");
  must(await page.locator("main img, main iframe, main a[href^='javascript'], main [onerror], main [onclick], main [onload]").count() === 0, name, "an element got in");
  must(!/[\u202a-\u202e\u2066-\u2069]/.test(text), name, "letters that turn the text around");
  await page.context().close();
}

for (const name of names) {
  await valid(name);
  await withoutScripts(name);
  if (name.startsWith("hostile")) {
    await accessible(name, "light", 400);
    await harmless(name);
    continue;
  }
  for (const scheme of ["light", "dark"]) for (const width of [1280, 400]) await accessible(name, scheme, width);
  if (await open(name, {}).then(async (page) => { const n = await page.locator(".steps").count(); await page.context().close(); return n > 0; })) {
    await walks(name);
    await filters(name);
  }
  // What compare draws are intervals, not curves.
  if (name !== "compare") await zooms(name);
}
await browser.close();
must(names.length > 0, folder, "no page");
for (const complaint of complaints) console.log(complaint);
console.log(`${names.length} pages, ${checks} checks, ${complaints.length} complaints`);
process.exitCode = complaints.length === 0 ? 0 : 1;
