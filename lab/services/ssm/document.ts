import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { ServiceError } from '../wire/service-error.ts';

const parameterSchema = z.strictObject({
  type: z.enum(['String', 'StringList']),
  description: z.optional(z.string()),
  default: z.optional(z.union([z.string(), z.array(z.string())])),
  allowedValues: z.optional(z.array(z.string())),
  allowedPattern: z.optional(z.string()),
  minItems: z.optional(z.number()),
  maxItems: z.optional(z.number()),
  minChars: z.optional(z.number()),
  maxChars: z.optional(z.number()),
  displayType: z.optional(z.enum(['textfield', 'textarea'])),
  interpolationType: z.optional(z.enum(['RAW', 'ENV_VAR'])),
});

const stepSchema = z.strictObject({
  action: z.enum(['aws:runShellScript', 'aws:runPowerShellScript']),
  name: z.string().check(z.regex(/^[a-zA-Z0-9_-]{1,128}$/)),
  precondition: z.optional(
    z.strictObject({ StringEquals: z.tuple([z.literal('platformType'), z.enum(['Linux', 'MacOS', 'Windows'])]) }),
  ),
  inputs: z.strictObject({
    runCommand: z.array(z.string()),
    timeoutSeconds: z.optional(z.union([z.string(), z.number()])),
    workingDirectory: z.optional(z.string()),
  }),
});

/** A Command document of schema 2.2, as far as the lab runs it; anything else in it is refused. */
export const documentContentSchema = z.strictObject({
  schemaVersion: z.literal('2.2'),
  description: z.optional(z.string()),
  parameters: z.optional(z.record(z.string().check(z.regex(/^[a-zA-Z0-9_]{1,64}$/)), parameterSchema)),
  mainSteps: z.array(stepSchema).check(z.minLength(1)),
});

/** What a document says, parsed. */
export type DocumentContent = z.output<typeof documentContentSchema>;
/** A parameter as the document declares it. */
export type DocumentParameter = z.output<typeof parameterSchema>;
/** One step: a script for one kind of host. */
export type DocumentStep = z.output<typeof stepSchema>;

/** A stored document: its text, the SHA-256 SSM answers for it, and what the text says. */
export interface StoredDocument {
  readonly name: string;
  readonly text: string;
  readonly hash: string;
  readonly createdDate: Date;
  readonly content: DocumentContent;
}

/** SSM's limit, counted over the text and the values of the parameters. */
export const maximumDocumentBytes = 64 * 1024;

/** Look-around and back references: Java reads them at the API, the agent's RE2 does not. */
const beyondRe2 = /\(\?(?:<?[=!])|\\[1-9]/;

/** Parses and checks a document's text; a document AWS would refuse is refused here, at creation. */
export function storeDocument(name: string, text: string): StoredDocument {
  if (Buffer.byteLength(text) > maximumDocumentBytes) {
    throw new ServiceError('MaxDocumentSizeExceeded', `Document '${name}' is over 64 KB`);
  }
  const parsed = documentContentSchema.safeParse(parseText(name, text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalidContent(name, `${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? 'unknown'}`);
  }
  checkSteps(name, parsed.data);
  checkParameters(name, parsed.data);
  const hash = createHash('sha256').update(text).digest('hex');
  return { name, text, hash, createdDate: new Date(), content: parsed.data };
}

function parseText(name: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw invalidContent(name, 'it is not JSON');
  }
}

/** A step is asked for by its name: of two with the same name, one could never be read. */
function checkSteps(name: string, { mainSteps }: DocumentContent): void {
  const names = mainSteps.map((step) => step.name);
  const doubled = names.find((step, index) => names.indexOf(step) !== index);
  if (doubled !== undefined) throw invalidContent(name, `it has more than one step '${doubled}'`);
}

/** What the schema cannot say: patterns the agent reads, ENV_VAR for text only, no use without declaration. */
function checkParameters(name: string, content: DocumentContent): void {
  const parameters = Object.entries(content.parameters ?? {});
  for (const [parameterName, parameter] of parameters) {
    if (parameter.allowedPattern !== undefined && beyondRe2.test(parameter.allowedPattern)) {
      throw invalidContent(name, `allowedPattern of '${parameterName}' is not a pattern the agent's RE2 reads`);
    }
    if (parameter.type === 'StringList' && parameter.interpolationType === 'ENV_VAR') {
      throw invalidContent(name, `'${parameterName}' is a StringList; ENV_VAR is for String parameters`);
    }
  }
  const known = new Set(parameters.map(([parameterName]) => parameterName));
  const used = [...JSON.stringify(content.mainSteps).matchAll(/\{\{\s*([a-zA-Z0-9_]+)\s*\}\}/g)].map(
    ([, parameterName]) => parameterName ?? '',
  );
  const stray = used.find((parameterName) => !known.has(parameterName));
  if (stray !== undefined) throw invalidContent(name, `it uses parameter '${stray}', which it does not define`);
}

function invalidContent(name: string, reason: string): ServiceError {
  return new ServiceError('InvalidDocumentContent', `Content of document '${name}' is not valid: ${reason}`);
}
