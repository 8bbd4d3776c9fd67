// Whether a pattern of crawler-user-agents.json (the argument) matches, by Node's RegExp: one JSON
// string a line in, true or false a line out.
import { readFileSync } from "node:fs";

const patterns = JSON.parse(readFileSync(process.argv[2], "utf8")).map((entry) => new RegExp(entry.pattern));
const lines = readFileSync(0, "utf8").split("\n").slice(0, -1);
process.stdout.write(lines.map((line) => {
  const agent = JSON.parse(line);
  return patterns.some((pattern) => pattern.test(agent)) + "\n";
}).join(""));
