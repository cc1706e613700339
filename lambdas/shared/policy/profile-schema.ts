import * as z from 'zod/mini';
import { CidrSchema, PortSchema } from './policy-words.ts';

/** Databases whose sessions can be killed. */
export const databaseEngines = ['postgresql', 'mariadb', 'mysql', 'oracle', 'sqlserver'] as const;
export type DatabaseEngine = (typeof databaseEngines)[number];

/** A systemd unit or a Windows service; only instances of SQL Server have a `$` in their name. */
const hostService = z
  .string()
  .check(z.regex(/^([A-Za-z0-9][A-Za-z0-9@_.:-]{0,99}|(MSSQL|SQLAgent|MSOLAP|ReportServer)\$[A-Za-z0-9_]{1,16})$/));
const hostServices = z.array(hostService).check(z.minLength(1), z.maxLength(5));
/** A scheduled task of Windows; on Linux a systemd timer, or a file of /etc/cron.d. */
const hostTask = z.string().check(z.regex(/^(windows|timer|cron):[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/));
const ports = z.array(PortSchema).check(z.minLength(1), z.maxLength(20));
const databaseName = z.string().check(z.regex(/^[A-Za-z0-9._-]{1,63}$/));
/** The database of the host itself, or an RDS instance by the name its operator gave it on the host. */
const databaseConnection = z.string().check(z.regex(/^(local|rds:[A-Za-z0-9_-]{1,63})$/));
const databaseNames = z._default(z.array(databaseName).check(z.maxLength(20)), []);
/** An address of a time source; the default is the link-local one of AWS. */
const timeSource = z._default(z.string().check(z.regex(/^[0-9A-Fa-f.:]{2,45}$/)), '169.254.169.123');

const TradingSchema = z.strictObject({
  services: z._default(hostServices, ['trading-engine']),
  ports: z._default(ports, [8080]),
  timeSource,
  /** The offset must stay under the limit for so long before the service comes back. */
  stableSeconds: z._default(z.int().check(z.minimum(5), z.maximum(60)), 30),
});

const MedicalSchema = z.strictObject({
  services: z._default(hostServices, ['MSSQLSERVER']),
  /** Display name of the firewall rule of the device port. */
  firewallRule: z._default(z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9 _.-]{0,99}$/)), 'ERM-Device'),
  /** Its TCP ports, for a server on which the rule does not exist yet, and where the signal names none. */
  ports: z._default(z.array(PortSchema).check(z.maxLength(20)), []),
  tasks: z._default(z.array(hostTask).check(z.maxLength(5)), ['windows:DataSync']),
  /** `remove` takes the task away after saving it, without its stored password. */
  taskManner: z._default(z.enum(['disable', 'remove']), 'disable'),
  timeSource,
});

const LogisticsSchema = z.strictObject({
  engine: z._default(z.enum(databaseEngines), 'postgresql'),
  connection: z._default(databaseConnection, 'local'),
  /** Database users and applications whose sessions may be killed; at least one, or nothing is ever killed. */
  users: databaseNames,
  applications: databaseNames,
  minAgeSeconds: z._default(z.int().check(z.minimum(0), z.maximum(86_400)), 0),
  /** Where all its servers' clocks must point, in minutes east of UTC; left out: no host is compared. */
  utcOffsetMinutes: z.optional(z.int().check(z.minimum(-720), z.maximum(840))),
  /** How often the zones of its servers are compared within each service; 0: never. */
  zoneCheckMinutes: z._default(z.int().check(z.minimum(0), z.maximum(1440)), 15),
});

const SurveillanceSchema = z.strictObject({
  ports: z._default(ports, [80, 443]),
  /** A camera is gone when nothing was heard of it for longer, and what it was sent stays unanswered. */
  silentSeconds: z._default(z.int().check(z.minimum(1), z.maximum(3600)), 10),
  /** Logins from here are expected at any hour. Left out: none are. */
  homeCidrs: z._default(z.array(CidrSchema).check(z.maxLength(50)), []),
  /** Local time of the server, from and until. */
  nightHours: z._default(z.string().check(z.regex(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/)), '22:00-05:00'),
});

/** The four danger scenes of the specification, section 2, with its own values as defaults. */
export const ProfilesSchema = z.strictObject({
  trading: z.prefault(TradingSchema, {}),
  medical: z.prefault(MedicalSchema, {}),
  logistics: z.prefault(LogisticsSchema, {}),
  surveillance: z.prefault(SurveillanceSchema, {}),
});
