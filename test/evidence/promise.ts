import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod';

/** What shows that a promise holds, named as its runner names it. */
export const ProofSchema = z.union([
  /** A test by its file and a part of its full title; all titles with it must have passed. */
  z.strictObject({ test: z.string(), title: z.string() }),
  z.strictObject({ bench: z.string() }),
  z.strictObject({ faults: z.string() }),
  z.strictObject({ acceptance: z.string() }),
  z.strictObject({ validator: z.string() }),
  z.strictObject({ soak: z.string() }),
]);
export type Proof = z.infer<typeof ProofSchema>;

const PromiseSchema = z.strictObject({
  /** A sentence of the README, word for word; line ends count as blanks. */
  promise: z.string().min(10),
  proofs: z.array(ProofSchema).min(1),
});
export type Promised = z.infer<typeof PromiseSchema>;

/** Reads the promises with their proofs; none without a proof. */
export function readPromises(path: string): readonly Promised[] {
  return z
    .array(PromiseSchema)
    .min(1)
    .parse(parse(readFileSync(path, 'utf8')));
}

/** A text as it reads: line ends and indentation are one blank each. */
export function flatten(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

/** Promises that the README does not make in these words. */
export function findUnsaid(promises: readonly Promised[], readme: string): string[] {
  const flat = flatten(readme);
  return promises.map(({ promise }) => flatten(promise)).filter((promise) => !flat.includes(promise));
}

/** Bullets of the README's section of promises that nobody listed; without such a section, none. */
export function findUnlisted(promises: readonly Promised[], readme: string): string[] {
  const listed = promises.map(({ promise }) => flatten(promise));
  return listBullets(readme).filter((bullet) => !listed.some((promise) => bullet.includes(promise)));
}

/** Bullets under headings that speak of promises, each as one line without its mark. */
export function listBullets(readme: string): string[] {
  const sections = readme.split(/^## /m).filter((section) => /^[^\n]*promise/i.test(section));
  return sections.flatMap((section) =>
    section
      .split(/^[-*] /m)
      .slice(1)
      // A bullet ends at an empty line.
      .map((bullet) => flatten(bullet.split('\n\n')[0] ?? '')),
  );
}
