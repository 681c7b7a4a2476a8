// @ts-check
// Registers a need and prints its events until goods and a volunteer are found. Node 20 or newer, without packages.
import { randomUUID } from "node:crypto";

const url = process.env.LIANSHAN_URL;
const headers = { Authorization: `Bearer ${process.env.LIANSHAN_KEY}`, "Content-Type": "application/json" };

/** @param {string} path @param {RequestInit} [init] @returns {Promise<any>} */
async function call(path, init = {}) {
  const answer = await fetch(url + path, { ...init, headers: { ...headers, ...init.headers } });
  const body = await answer.json();
  if (!answer.ok) throw new Error(`${answer.status} ${body.rule}: ${body.detail}`);
  return body;
}

/** Yields { id, event, data } of Server-Sent Events. @param {string} path */
async function* stream(path) {
  const answer = await fetch(url + path, { headers });
  if (!answer.ok || !answer.body) throw new Error(`${answer.status} ${await answer.text()}`);
  let text = "";
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (text + chunk).split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s)));
      if (fields.data) yield { id: fields.id, event: fields.event, data: JSON.parse(fields.data) };
    }
  }
}

const day = new Date(Date.now() + 14 * 24 * 3600 * 1000);
/** @param {number} hour */
const at = (hour) => `${day.toISOString().slice(0, 10)}T${String(hour).padStart(2, "0")}:00:00Z`;

const [station] = (await call("/v1/stations?level=station&state=open&limit=1")).items;
const need = await call("/v1/needs", {
  method: "POST",
  // The same key with the same body is the same call, however often it is sent.
  headers: { "Idempotency-Key": randomUUID() },
  body: JSON.stringify({
    station_id: station.id,
    title: "Rice for a family",
    theme: "elderly_care",
    urgency: "normal",
    due: at(10),
    location: { lon: 116.342, lat: 39.926 },
    beneficiaries: 4,
    lines: [{ kind: "goods", item: "rice", quantity: 2, unit: "bag_5kg" }],
    volunteers: { headcount: 1, skills: ["carrying"], languages: [], starts_at: at(2), ends_at: at(3) },
    publish: true,
  }),
});
console.log(need.id);

const first = (await call(`/v1/needs/${need.id}/events`)).items[0];
console.log(first.event.type);
for await (const { event, data } of stream(`/v1/events/stream?after=${first.cursor}`)) {
  if (data.subject === need.id) console.log(event);
  if (data.subject === need.id && event === "stations.need.ready") break;
}
