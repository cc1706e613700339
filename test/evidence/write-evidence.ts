import { flatten, type Promised, type Proof } from './promise.ts';
import { findResult, type Result, type Results } from './results.ts';

/** A promise with how each of its proofs came out. */
export interface Evidence {
  readonly promise: string;
  readonly proofs: readonly { readonly proof: Proof; readonly result: Result }[];
}

/** Looks up every proof. */
export function gatherEvidence(promises: readonly Promised[], results: Results): Evidence[] {
  return promises.map(({ promise, proofs }) => ({
    promise: flatten(promise),
    proofs: proofs.map((proof) => ({ proof, result: findResult(proof, results) })),
  }));
}

/** One line a proof, for `--json`. */
export function toLines(evidence: readonly Evidence[]): Readonly<Record<string, unknown>>[] {
  return evidence.flatMap(({ promise, proofs }) =>
    proofs.map(({ proof, result }) => ({ promise, proof: describeProof(proof), ...result })),
  );
}

/**
 * Why a promise is not backed: no proof of it passed, one failed, or one did not run. Figures of the bench depend on who
 * else works on the machine, so they are taken by hand: where they are not there, the page says so.
 */
export function findUnbacked(evidence: readonly Evidence[]): string[] {
  return evidence.flatMap(({ promise, proofs }) => {
    const faults = proofs.filter(
      ({ proof, result }) => result.state === 'failed' || (result.state === 'not run' && !('bench' in proof)),
    );
    if (faults.length === 0 && proofs.some(({ result }) => result.state === 'passed')) return [];
    const shown = faults.length > 0 ? faults : proofs;
    return [`"${promise}": ${shown.map(({ proof, result }) => `${describeProof(proof)}: ${result.words}`).join('; ')}`];
  });
}

/** The whole page; nothing in it is typed by hand but the promises, which are the README's. */
export function writeEvidencePage(evidence: readonly Evidence[]): string {
  const rows = evidence.flatMap(({ promise, proofs }) =>
    proofs.map(
      ({ proof, result }, index) =>
        `| ${index === 0 ? escape(promise) : ''} | ${escape(describeProof(proof))} | ${showResult(result)} |`,
    ),
  );
  return `# Evidence

What the README promises, and what shows it. Written by \`npm run evidence\` from the results of tests, bench, faults,
acceptance, validators and soak, as they lie in \`reports/\`; what has no result there is shown as not run. Fault points
are those that CI plays, every tenth of each run; \`npm run faults\` plays them all.

| promise | shown by | result |
| --- | --- | --- |
${rows.join('\n')}
`;
}

/** Where the proof is, in words that can be searched for. */
export function describeProof(proof: Proof): string {
  if ('test' in proof) return `test \`${proof.test}\`: ${proof.title === '' ? 'all of it' : proof.title}`;
  if ('bench' in proof) return `bench: ${proof.bench}`;
  if ('soak' in proof) return `soak: ${proof.soak}`;
  if ('faults' in proof) return `faults: ${proof.faults}`;
  if ('acceptance' in proof) return `acceptance: ${proof.acceptance}`;
  return `validator: ${proof.validator}`;
}

function showResult({ state, words }: Result): string {
  return state === 'passed' ? escape(words) : `**${escape(words)}**`;
}

/** A bar would end the cell. */
function escape(text: string): string {
  return text.replaceAll('|', '\\|');
}
