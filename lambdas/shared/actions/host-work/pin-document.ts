import { DescribeDocumentCommand, GetDocumentCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { lookUp } from '../../clients/aws-errors.ts';
import { digestDocument } from '../../document-digest.ts';

/** A command document by name, with the digest of the content it must have. */
export interface DocumentRef {
  readonly name: string;
  readonly digest: string;
}

/** The exact version that was read and found right; `SendCommand` runs this one or none. */
export interface PinnedDocument {
  readonly name: string;
  readonly version: string;
  /** The service's own hash of the stored content. */
  readonly hash: string;
}

/** `altered` documents are not run: someone else decides what they do. */
export type Pinning =
  | { readonly kind: 'pinned'; readonly document: PinnedDocument }
  | { readonly kind: 'altered'; readonly reason: string };

/** Reads the default version of a document and checks that it is the one that was deployed. */
export async function pinDocument(ssm: SSMClient, { name, digest }: DocumentRef): Promise<Pinning> {
  const [content, description] = await lookUp(`Document "${name}"`, async () =>
    Promise.all([
      ssm.send(new GetDocumentCommand({ Name: name, DocumentFormat: 'JSON' })),
      ssm.send(new DescribeDocumentCommand({ Name: name })),
    ]),
  );
  const { DocumentVersion: version, Hash: hash, HashType: hashType } = description.Document ?? {};
  const found = digestOf(content.Content);
  if (found !== digest) {
    return { kind: 'altered', reason: `Document "${name}" has the digest "${found}", wanted "${digest}"` };
  }
  // Read in parallel: a version that changed between the two reads must not slip through.
  if (version === undefined || version !== content.DocumentVersion || hash === undefined || hashType !== 'Sha256') {
    return { kind: 'altered', reason: `Document "${name}" has no single version with a Sha256 hash` };
  }
  return { kind: 'pinned', document: { name, version, hash } };
}

function digestOf(content: string | undefined): string {
  try {
    return digestDocument(content ?? '');
  } catch {
    return 'none, it is no JSON';
  }
}
