import * as z from 'zod/mini';
import { toHostAddress } from '../host-address.ts';
import { normaliseKeys } from '../signals/normalise-keys.ts';
import { parseGuardDuty } from '../signals/parse-guardduty.ts';

/** An address a finding speaks of, with its country as far as the finding tells it. */
export interface LocatedPeer {
  readonly address: string;
  /** ISO 3166-1 alpha-2; null where the finding has none. */
  readonly code: string | null;
  /** In English. */
  readonly name: string | null;
}

/** The servers of a finding and the located addresses on the other side. */
export interface LocatedFinding {
  readonly id: string;
  readonly servers: readonly string[];
  readonly peers: readonly LocatedPeer[];
}

const text = z.nullish(z.string());
const place = z.nullish(
  z.object({
    ipAddressV4: text,
    ipAddressV6: text,
    country: z.nullish(z.object({ countryCode: text, countryName: text })),
  }),
);
const action = z.nullish(z.object({ remoteIpDetails: place }));
const LocationsSchema = z.object({
  id: z.string(),
  service: z.object({
    action: z.nullish(
      z.object({
        networkConnectionAction: action,
        awsApiCallAction: action,
        rdsLoginAttemptAction: action,
        kubernetesApiCallAction: action,
        portProbeAction: z.nullish(
          z.object({ portProbeDetails: z.nullish(z.array(z.object({ remoteIpDetails: place }))) }),
        ),
      }),
    ),
  }),
});

/** Reads a finding, without its envelope; null for samples, archived ones, and those that name no server. */
export function readLocations(detail: unknown): LocatedFinding | null {
  const parsed = parseGuardDuty(detail);
  if (parsed.kind === 'ignored' || parsed.signal.servers.length === 0) return null;
  const located = z.safeParse(LocationsSchema, normaliseKeys(detail));
  if (!located.success) return null;
  const { id, service } = located.data;
  const { portProbeAction, ...single } = service.action ?? {};
  const places = [
    ...Object.values(single).map((one) => one?.remoteIpDetails),
    ...(portProbeAction?.portProbeDetails ?? []).map(({ remoteIpDetails }) => remoteIpDetails),
  ];
  return { id, servers: parsed.signal.servers, peers: places.flatMap(toPeers) };
}

function toPeers(found: z.infer<typeof place>): LocatedPeer[] {
  const { ipAddressV4, ipAddressV6, country } = found ?? {};
  const addresses = [ipAddressV4, ipAddressV6].filter((one) => typeof one === 'string' && one !== '').map(String);
  const [code, name] = [country?.countryCode ?? null, country?.countryName ?? null];
  return addresses.map((address) => ({ address: toHostAddress(address), code, name }));
}

// Published findings carry the name alone; the service's model has the code as well.
const countryNames = new Intl.DisplayNames(['en'], { type: 'region' });

/** The country among these that an address lies in; null where it lies elsewhere, or nobody knows where. */
export function findCountry({ code, name }: LocatedPeer, countries: readonly string[]): string | null {
  const word = name?.toLowerCase();
  return countries.find((one) => (code === null ? countryNames.of(one)?.toLowerCase() === word : code === one)) ?? null;
}
