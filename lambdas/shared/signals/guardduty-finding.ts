import * as z from 'zod/mini';

const text = z.nullish(z.string());
const number = z.nullish(z.number());
const remoteIp = z.nullish(z.object({ ipAddressV4: text, ipAddressV6: text }));
const localPort = z.nullish(z.object({ port: number }));

/** Every action that names a peer carries it in the same two members. */
const action = z.nullish(z.object({ remoteIpDetails: remoteIp, localPortDetails: localPort }));

/** Undocumented whether ids or ARNs: the reader takes the instance id at the end. */
const instanceUids = z.nullish(z.object({ ec2InstanceUids: z.nullish(z.array(z.string())) }));

/** `data` of a sequence resource; only the lists of *compromised* instances (those of EKS and ECS name every node). */
const sequenceData = z.nullish(
  z.object({
    autoscalingAutoScalingGroup: instanceUids,
    iamInstanceProfile: instanceUids,
    ec2LaunchTemplate: instanceUids,
    ec2Vpc: instanceUids,
    ec2Image: instanceUids,
    cloudformationStack: instanceUids,
  }),
);

const sequenceResource = z.object({ uid: text, name: text, resourceType: text, data: sequenceData });

/** Names from threat lists; malware scans carry theirs in members of their own. */
const threatDetails = z.nullish(z.array(z.object({ threatNames: z.nullish(z.array(z.string())) })));

const service = z.object({
  action: z.nullish(
    z.object({
      networkConnectionAction: action,
      awsApiCallAction: action,
      rdsLoginAttemptAction: action,
      kubernetesApiCallAction: action,
      portProbeAction: z.nullish(
        z.object({
          portProbeDetails: z.nullish(z.array(z.object({ remoteIpDetails: remoteIp, localPortDetails: localPort }))),
        }),
      ),
    }),
  ),
  archived: z.nullish(z.boolean()),
  resourceRole: text,
  // Seen as ISO text, with blanks, and as epoch milliseconds.
  eventLastSeen: z.optional(z.unknown()),
  // An object here, JSON as a text inside it in GetFindings.
  additionalInfo: z.optional(z.unknown()),
  evidence: z.nullish(z.object({ threatIntelligenceDetails: threatDetails })),
  detection: z.nullish(
    z.object({
      sequence: z.nullish(
        z.object({
          resources: z.nullish(z.array(sequenceResource)),
          endpoints: z.nullish(z.array(z.object({ ip: text }))),
        }),
      ),
    }),
  ),
  ebsVolumeScanDetails: z.nullish(
    z.object({
      scanDetections: z.nullish(
        z.object({
          highestSeverityThreatDetails: z.nullish(z.object({ threatName: text })),
          threatDetectedByName: z.nullish(z.object({ threatNames: z.nullish(z.array(z.object({ name: text }))) })),
        }),
      ),
    }),
  ),
  malwareScanDetails: z.nullish(z.object({ threats: z.nullish(z.array(z.object({ name: text }))) })),
});

/**
 * A finding with normalised keys, as far as the fuse reads it. Strict in what decides (id, type, severity, account,
 * resource type), lenient in the rest: published findings differ in types and leave members out.
 */
export const GuardDutyFindingSchema = z.object({
  id: z.string().check(z.minLength(1)),
  // Far over AWS's own names; a longer one would be repeated in every sentence of evidence.
  type: z.string().check(z.minLength(1), z.maxLength(512)),
  severity: z.number().check(z.minimum(0), z.maximum(10)),
  accountId: z.string().check(z.minLength(1)),
  region: z.string().check(z.minLength(1)),
  updatedAt: z.optional(z.unknown()),
  resource: z.object({
    resourceType: z.string().check(z.minLength(1)),
    instanceDetails: z.nullish(z.object({ instanceId: z.optional(z.unknown()) })),
  }),
  service,
});

export type GuardDutyFinding = z.infer<typeof GuardDutyFindingSchema>;
