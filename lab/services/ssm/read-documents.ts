import * as z from 'zod/mini';
import { ServiceError } from '../wire/service-error.ts';
import { defineOperation } from '../wire/service.ts';
import type { Operation } from '../wire/service.ts';
import type { StoredDocument } from './document.ts';
import type { SsmDesk } from './ssm-desk.ts';

/** Finds a document by name or ARN; the lab keeps one version of each, number 1. */
export function findDocument(desk: SsmDesk, nameOrArn: string, version = '$DEFAULT'): StoredDocument {
  const name = nameOrArn.startsWith('arn:')
    ? nameOrArn.slice(nameOrArn.indexOf(':document/') + ':document/'.length)
    : nameOrArn;
  const document = desk.documents.get(name);
  if (document === undefined) throw new ServiceError('InvalidDocument', `Document with name ${name} does not exist.`);
  if (version === '1' || version === '$DEFAULT' || version === '$LATEST') return document;
  throw new ServiceError(
    'InvalidDocumentVersion',
    `Version '${version}' of document '${name}' does not exist; it has '1'`,
  );
}

/** The two calls that show a document: its text, and its hash and state. */
export function defineDocumentReads(desk: SsmDesk, accountId: string): Readonly<Record<string, Operation>> {
  const named = { Name: z.string(), DocumentVersion: z.optional(z.string()) };
  return {
    GetDocument: defineOperation(
      z.strictObject({ ...named, DocumentFormat: z.optional(z.literal('JSON')) }),
      (input) => {
        const document = findDocument(desk, input.Name, input.DocumentVersion);
        return { ...viewHead(document), Content: document.text };
      },
    ),
    DescribeDocument: defineOperation(z.strictObject(named), (input) => {
      const document = findDocument(desk, input.Name, input.DocumentVersion);
      return { Document: { ...viewHead(document), ...viewDetails(document), Owner: accountId } };
    }),
  };
}

function viewHead(document: StoredDocument): Readonly<Record<string, unknown>> {
  return {
    Name: document.name,
    CreatedDate: document.createdDate.getTime() / 1000,
    DocumentVersion: '1',
    Status: 'Active',
    DocumentType: 'Command',
    DocumentFormat: 'JSON',
  };
}

/** The platforms follow from the kinds of script in the document. */
function viewDetails({ hash, content }: StoredDocument): Readonly<Record<string, unknown>> {
  const usesPowerShell = content.mainSteps.some(({ action }) => action === 'aws:runPowerShellScript');
  const usesShell = content.mainSteps.some(({ action }) => action === 'aws:runShellScript');
  return {
    Hash: hash,
    HashType: 'Sha256',
    LatestVersion: '1',
    DefaultVersion: '1',
    SchemaVersion: content.schemaVersion,
    Description: content.description,
    PlatformTypes: [...(usesShell ? ['Linux', 'MacOS'] : []), ...(usesPowerShell ? ['Windows'] : [])],
    Parameters: Object.entries(content.parameters ?? {}).map(([name, parameter]) => ({
      Name: name,
      Type: parameter.type,
      Description: parameter.description,
      DefaultValue: typeof parameter.default === 'object' ? JSON.stringify(parameter.default) : parameter.default,
    })),
  };
}
