import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { ServiceError } from '../wire/service-error.ts';
import type { RestRequest } from '../wire/service.ts';

interface Route {
  readonly operation: string;
  readonly method: string;
  readonly path: RegExp;
  readonly read: (id: string, request: RestRequest) => unknown;
}

/** The operations by method and path. */
const routes: readonly Route[] = [
  {
    operation: 'ListResourceRecordSets',
    method: 'GET',
    path: /^\/2013-04-01\/hostedzone\/([^/]+)\/rrset\/?$/,
    read: (HostedZoneId, { query }) => ({
      HostedZoneId,
      StartRecordName: query.get('name') ?? undefined,
      StartRecordType: query.get('type') ?? undefined,
      StartRecordIdentifier: query.get('identifier') ?? undefined,
      MaxItems: query.get('maxitems') ?? undefined,
    }),
  },
  {
    operation: 'ChangeResourceRecordSets',
    method: 'POST',
    path: /^\/2013-04-01\/hostedzone\/([^/]+)\/rrset\/?$/,
    read: (HostedZoneId, { body }) => ({
      HostedZoneId,
      ChangeBatch: readBody(body, 'ChangeResourceRecordSetsRequest'),
    }),
  },
  {
    operation: 'GetChange',
    method: 'GET',
    path: /^\/2013-04-01\/change\/([^/]+)$/,
    read: (Id) => ({ Id }),
  },
  {
    operation: 'GetHealthCheckStatus',
    method: 'GET',
    path: /^\/2013-04-01\/healthcheck\/([^/]+)\/status$/,
    read: (HealthCheckId) => ({ HealthCheckId }),
  },
];

/** Tells the operation and its input from method, path and body. */
export function readRequest(request: RestRequest): { readonly operation: string; readonly input: unknown } {
  for (const { operation, method, path, read } of routes) {
    const id = method === request.method ? path.exec(request.path)?.[1] : undefined;
    if (id !== undefined) return { operation, input: read(decodeURIComponent(id), request) };
  }
  throw new ServiceError('UnsupportedOperation', `The lab's Route 53 has no '${request.method} ${request.path}'`);
}

const lists = new Set(['Change', 'ResourceRecord']);
const parser = new XMLParser({
  ignoreDeclaration: true,
  // Texts stay texts: a TTL of `007` is for the schema to judge, not for the parser.
  parseTagValue: false,
  isArray: (name) => lists.has(name),
});

function readBody(body: string, root: string): unknown {
  if (XMLValidator.validate(body) !== true) throw new ServiceError('InvalidInput', 'The body of the request is no XML');
  const parsed = parser.parse(body) as Readonly<Record<string, { readonly ChangeBatch?: unknown } | undefined>>;
  return parsed[root]?.ChangeBatch;
}
