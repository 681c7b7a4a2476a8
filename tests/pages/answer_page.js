// A phone of 360 px opens an answer link, accepts, and withdraws. Fails where a person would be stopped: an axe
// violation, a page wider than the phone, a request to another host, words in the wrong language.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { chromium } from "playwright-core";

const [url, path, language] = process.argv.slice(2);
const WORDS = {
  en: { lang: "en", accept: "I will come", withdraw: "I cannot come after all", booked: "You are booked", ended: "This link has ended", other: "中文" },
  zh: { lang: "zh-CN", accept: "我能来", withdraw: "我来不了了", booked: "您已确定参加", ended: "链接已失效", other: "English" },
}[language];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, locale: WORDS.lang };
const LEAST_TARGET = 44; // WCAG 2.2, success criterion 2.5.5, in CSS pixels

async function look(page, what) {
  assert.equal(await page.getAttribute("html", "lang"), WORDS.lang, `${what}: language`);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= PHONE.viewport.width, `${what}: ${width} px wide`);
  for (const button of await page.locator("button").all()) {
    const { height } = await button.boundingBox();
    assert.ok(height >= LEAST_TARGET, `${what}: a button of ${height} px`);
  }
  await page.evaluate(AXE); // by the debugger: the policy of the page lets no script in
  const { violations, passes } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes[0].html]), [], `${what}: axe`);
  assert.ok(passes.length > 5, `${what}: axe has looked`);
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
try {
  const context = await browser.newContext(PHONE);
  const page = await context.newPage();
  const elsewhere = [];
  page.on("request", (request) => request.url().startsWith(url) || elsewhere.push(request.url()));

  assert.equal((await page.goto(url + path)).status(), 200);
  await look(page, "offer");
  await page.getByRole("link", { name: WORDS.other }).click();
  assert.notEqual(await page.getAttribute("html", "lang"), WORDS.lang, "the other language");
  await page.goto(url + path);
  await page.getByRole("button", { name: WORDS.accept }).click();
  await page.getByText(WORDS.booked).waitFor({ timeout: 10_000 });
  await look(page, "booking");

  // The same page where scripts are switched off: it works alike.
  const plain = await (await browser.newContext({ ...PHONE, javaScriptEnabled: false })).newPage();
  await plain.goto(url + path);
  await plain.getByRole("button", { name: WORDS.withdraw }).click();
  await plain.getByRole("heading", { name: WORDS.ended }).waitFor({ timeout: 10_000 });

  assert.equal((await page.goto(url + path)).status(), 410);
  await look(page, "end");
  assert.equal((await page.goto(`${url}/a/${"A".repeat(24)}`)).status(), 404);
  await look(page, "unknown");
  assert.deepEqual(elsewhere, [], "requests to other hosts");
} finally {
  await browser.close();
}
