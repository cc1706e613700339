/** An answer of AWS that is an error: the code the SDK turns into `error.name`, and the HTTP status. */
export class ServiceError extends Error {
  readonly code: string;
  readonly status: number;
  /** Members beside `message`, for example `Item` of a failed DynamoDB condition. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, status = 400, members: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = 'ServiceError';
    this.code = code;
    this.status = status;
    this.members = members;
  }
}

/** What the lab does not know it refuses, so that a gap is never mistaken for an answer of AWS. */
export function refuseUnsupported(service: string, operation: string, what: string): never {
  throw new ServiceError('UnsupportedOperation', `The lab's ${service} does not implement ${what} of ${operation}`);
}
