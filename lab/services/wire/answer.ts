import type { ServiceError } from './service-error.ts';
import type { Wire } from './service.ts';
import { escapeXml, writeXml } from './xml.ts';
import type { XmlStructure } from './xml.ts';

/** An HTTP answer, ready to be sent. */
export interface WireAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Puts the result of an operation into its service's wire form. */
export function toAnswer(wire: Wire, operation: string, result: unknown, requestId: string): WireAnswer {
  if (wire.kind === 'json') return { ...jsonHead(wire, 200), body: JSON.stringify(result ?? {}) };
  const members = (result ?? {}) as XmlStructure;
  if (wire.kind === 'rest-xml') return xml(200, toRestBody(wire.namespace, operation, members));
  const inner =
    wire.kind === 'ec2-query'
      ? writeXml({ requestId, ...members }, 'item')
      : `<${operation}Result>${writeXml(members, 'member')}</${operation}Result>` +
        writeXml({ ResponseMetadata: { RequestId: requestId } }, 'member');
  return xml(200, `<${operation}Response xmlns="${wire.namespace}">${inner}</${operation}Response>`);
}

/** Puts an error into its service's wire form. */
export function toErrorAnswer(wire: Wire, error: ServiceError, requestId: string): WireAnswer {
  if (wire.kind === 'json') {
    const body = JSON.stringify({ __type: error.code, message: error.message, ...error.members });
    return { ...jsonHead(wire, error.status), body };
  }
  const fault = `<Code>${escapeXml(error.code)}</Code><Message>${escapeXml(error.message)}</Message>`;
  return wire.kind === 'ec2-query'
    ? xml(
        error.status,
        `<Response><Errors><Error>${fault}</Error></Errors><RequestID>${requestId}</RequestID></Response>`,
      )
    : xml(
        error.status,
        `<ErrorResponse xmlns="${wire.namespace}"><Error><Type>Sender</Type>${fault}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
      );
}

/** The members stand in the root element itself; where a request is told by headers, the SDK asks for no more. */
function toRestBody(namespace: string, operation: string, members: XmlStructure): string {
  return `<${operation}Response xmlns="${namespace}">${writeXml(members, 'member')}</${operation}Response>`;
}

function jsonHead(wire: Extract<Wire, { kind: 'json' }>, status: number): Omit<WireAnswer, 'body'> {
  return { status, contentType: `application/x-amz-json-${wire.version}` };
}

function xml(status: number, text: string): WireAnswer {
  return { status, contentType: 'text/xml;charset=UTF-8', body: `<?xml version="1.0" encoding="UTF-8"?>\n${text}` };
}
