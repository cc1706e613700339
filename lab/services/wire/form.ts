import { ServiceError } from './service-error.ts';

/** A parsed form value: text, a list, or a structure. */
export type FormValue = string | FormValue[] | { [name: string]: FormValue };

type Branch = Map<string, Branch | string>;

/** Turns `IpPermissions.1.IpRanges.1.CidrIp=…` into nested lists and structures; `Action` and `Version` are left out. */
export function parseForm(body: string): { readonly action: string; readonly input: FormValue } {
  const root: Branch = new Map();
  let action = '';
  for (const [key, value] of new URLSearchParams(body)) {
    if (key === 'Action') action = value;
    else if (key !== 'Version') plant(root, key, value);
  }
  if (action === '') throw new ServiceError('MissingAction', 'The request must contain the parameter Action');
  return { action, input: grow(root) };
}

/** A name cannot be a text and a structure at once, and not be given twice. */
function plant(root: Branch, key: string, value: string): void {
  const segments = key.split('.');
  const last = segments.pop() ?? key;
  let branch = root;
  for (const segment of segments) {
    const next = branch.get(segment) ?? new Map();
    if (typeof next === 'string') throw malformed(key);
    branch.set(segment, next);
    branch = next;
  }
  if (branch.has(last)) throw malformed(key);
  branch.set(last, value);
}

/** Members numbered from 1 make a list; gaps close up, as AWS reads them. */
function grow(branch: Branch): FormValue {
  const entries = [...branch].map(([name, value]) => [name, typeof value === 'string' ? value : grow(value)] as const);
  const isList = entries.length > 0 && entries.every(([name]) => /^[1-9]\d*$/.test(name));
  if (!isList) return Object.fromEntries(entries);
  return entries.sort(([left], [right]) => Number(left) - Number(right)).map(([, value]) => value);
}

function malformed(key: string): ServiceError {
  return new ServiceError('MalformedQueryString', `The parameter '${key}' was given twice or in two shapes`);
}
