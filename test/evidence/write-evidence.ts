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

/** Why a promise is not backed: it has no proof that passed, or one that failed. */
export function findUnbacked(evidence: readonly Evidence[]): string[] {
  return evidence.flatMap(({ promise, proofs }) => {
    const failed = proofs.filter(({ result }) => result.state === 'failed');
    const isBacked = proofs.some(({ result }) => result.state === 'passed');
    if (failed.length === 0 && isBacked) return [];
    const shown = failed.length > 0 ? failed : proofs;
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
acceptance, validators and soak, as they lie in \`reports/\`; what has no result there is shown as not run.

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
