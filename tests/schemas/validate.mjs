// Reads [{module, document}] and prints what the schema of each module says against its document.
import { readFileSync } from "node:fs";

const problems = [];
for (const { module, document } of JSON.parse(readFileSync(0, "utf8"))) {
  const Kind = (await import(module))[document.kind];
  try {
    new Kind(document).validate();
  } catch (error) {
    problems.push(`${document.kind} ${document.metadata.name}: ${error.message}`);
  }
}
console.log(JSON.stringify(problems));
