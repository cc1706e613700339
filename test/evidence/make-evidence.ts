// npm run evidence [-- --check] [-- --json] [-- --reports DIR]: writes docs/evidence.md from the results in reports/. With
// --check nothing is written, and the exit status is 1 when a promise is not backed.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findUnlisted, findUnsaid, readPromises } from './promise.ts';
import { readResults } from './results.ts';
import { findUnbacked, gatherEvidence, toLines, writeEvidencePage } from './write-evidence.ts';

const root = join(import.meta.dirname, '..', '..');
const { values } = parseArgs({
  options: {
    check: { type: 'boolean' },
    json: { type: 'boolean' },
    reports: { type: 'string', default: join(root, 'reports') },
  },
});

const promises = readPromises(join(import.meta.dirname, 'promises.yaml'));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const evidence = gatherEvidence(promises, readResults(values.reports));
const faults = [
  ...findUnsaid(promises, readme).map((promise) => `The README does not say: "${promise}"`),
  ...findUnlisted(promises, readme).map((bullet) => `No proof is listed for: "${bullet}"`),
  ...(values.check === true ? findUnbacked(evidence).map((words) => `Not backed: ${words}`) : []),
];
for (const fault of faults) console.error(fault);
if (values.check !== true) writeFileSync(join(root, 'docs', 'evidence.md'), writeEvidencePage(evidence));
const backed = evidence.length - findUnbacked(evidence).length;
const tell = values.json === true ? console.error : console.log;
if (values.json === true) for (const line of toLines(evidence)) console.log(JSON.stringify(line));
tell(`${backed} of ${evidence.length} promises are backed by a proof that passed`);
if (faults.length > 0) process.exitCode = 1;
