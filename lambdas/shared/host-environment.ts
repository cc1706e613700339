import * as z from 'zod/mini';

/** Digest of the content a document must have, see document-digest.ts. */
const digest = z.string().check(z.regex(/^[0-9a-f]{64}$/));

/** What every function that runs a document on hosts reads. */
export const HostEnvironmentSchema = z.object({
  FUSE_TABLE_NAME: z.string().check(z.minLength(1)),
  FUSE_DOCUMENT_NAME: z.string().check(z.minLength(1)),
  FUSE_DOCUMENT_DIGEST: digest,
  /** The same again where one document serves both systems. */
  FUSE_WINDOWS_DOCUMENT_NAME: z.string().check(z.minLength(1)),
  FUSE_WINDOWS_DOCUMENT_DIGEST: digest,
});
export type HostEnvironment = z.infer<typeof HostEnvironmentSchema>;

/** Documents by the action that they undo. */
export const UndoDocumentsSchema = z.record(z.string(), z.strictObject({ name: z.string(), digest }));
export type UndoDocuments = z.infer<typeof UndoDocumentsSchema>;
