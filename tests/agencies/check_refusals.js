// node check_refusals.js URL QUEUE OTHER: an agency that tries all that it may not do; each attempt has to be refused.
import amqp from "amqplib";

const [url, queue, other] = process.argv.slice(2);
const ATTEMPTS = [
  (channel) => channel.consume(other, () => {}),
  (channel) => channel.consume("charity.events", () => {}),
  (channel) => channel.consume("lianshan.archive", () => {}),
  (channel) => channel.assertQueue("mine"),
  (channel) => channel.assertExchange("mine", "topic"),
  (channel) => channel.bindQueue(queue, "lianshan.events", "#"),
  (channel) => channel.deleteQueue(queue),
  (channel) => publish(channel, "lianshan.events"),
  (channel) => publish(channel, ""),
];
const ACCESS_REFUSED = 403;

async function publish(channel, exchange) {
  channel.publish(exchange, queue, Buffer.from("{}"));
  await channel.waitForConfirms();
}

async function attempt(nth) {
  const connection = await amqp.connect(url);
  const channel = await connection.createConfirmChannel();
  const closed = new Promise((resolve) => channel.on("error", (error) => resolve(error.code)));
  await Promise.race([ATTEMPTS[nth](channel).catch(() => {}), closed]);
  const code = await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 2000, "let through"))]);
  if (code !== ACCESS_REFUSED) throw new Error(`attempt ${nth}: ${code}`);
  await connection.close();
}

for (const nth of ATTEMPTS.keys()) await attempt(nth);
console.log(JSON.stringify({ refused: ATTEMPTS.length }));
