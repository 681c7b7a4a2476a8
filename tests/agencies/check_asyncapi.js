// node check_asyncapi.js FILE: fails where AsyncAPI's official parser finds an error in the document.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const NEWER_VERSION = "asyncapi-latest-version"; // a hint that 3.1.0 exists
const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
const found = diagnostics.filter(({ code }) => code !== NEWER_VERSION);
for (const { code, message, path } of found.slice(0, 20)) console.error(`${code} at ${path.join("/")}: ${message}`);
if (found.length > 0 || document === undefined) process.exit(1);
console.log(`${document.channels().length} channels, ${document.allMessages().length} messages, no finding`);
