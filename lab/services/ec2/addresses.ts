import * as z from 'zod/mini';
import { ServiceError } from '../wire/service-error.ts';
import type { Operation } from '../wire/service.ts';
import type { XmlStructure } from '../wire/xml.ts';
import { filtersSchema, selectByFilters } from './filters.ts';
import type { FilterValues } from './filters.ts';
import { findAddress, findInstance, findInterface } from './find.ts';
import type { Ec2Model, ElasticIp, NetworkInterface } from './model.ts';
import { defineChange, defineRead } from './operation.ts';
import type { Ec2Desk } from './operation.ts';
import { viewTags } from './views.ts';

/** Elastic IP addresses: who has which, and how they move. */
export function defineAddresses(desk: Ec2Desk): Readonly<Record<string, Operation>> {
  return {
    DescribeAddresses: describeAddresses(desk),
    AssociateAddress: associateAddress(desk),
    DisassociateAddress: disassociateAddress(desk),
  };
}

/** DescribeAddresses knows no pages. */
function describeAddresses({ model }: Ec2Desk): Operation {
  const shape = {
    AllocationId: z.optional(z.array(z.string())),
    PublicIp: z.optional(z.array(z.string())),
    Filter: filtersSchema,
  };
  return defineRead(shape, (input) => {
    const all = [...model.addresses.values()];
    const asked =
      input.AllocationId?.map((id) => findAddress(model, id)) ??
      input.PublicIp?.map((publicIp) => findByPublicIp(all, publicIp)) ??
      all;
    const kept = selectByFilters(asked, input.Filter, addressFilters(model), ({ allocationId }) =>
      model.tagsOf(allocationId),
    );
    return { addressesSet: kept.map((address) => viewAddress(model, address)) };
  });
}

function findByPublicIp(all: readonly ElasticIp[], publicIp: string): ElasticIp {
  const address = all.find((candidate) => candidate.publicIp === publicIp);
  if (address === undefined) throw new ServiceError('InvalidAddress.NotFound', `Address '${publicIp}' not found.`);
  return address;
}

function addressFilters(model: Ec2Model): FilterValues<ElasticIp> {
  const holder = ({ association }: ElasticIp): NetworkInterface | undefined =>
    model.networkInterfaces.get(association?.networkInterfaceId ?? '');
  const list = (value: string | undefined): readonly string[] => (value === undefined ? [] : [value]);
  return {
    'allocation-id': ({ allocationId }) => [allocationId],
    'association-id': ({ association }) => list(association?.associationId),
    domain: () => ['vpc'],
    'instance-id': (address) => list(holder(address)?.attachment?.instanceId),
    'network-interface-id': ({ association }) => list(association?.networkInterfaceId),
    'private-ip-address': (address) => list(holder(address)?.privateIpAddress),
    'public-ip': ({ publicIp }) => [publicIp],
  };
}

function associateAddress(desk: Ec2Desk): Operation {
  const { model } = desk;
  const shape = {
    AllocationId: z.string(),
    InstanceId: z.optional(z.string()),
    NetworkInterfaceId: z.optional(z.string()),
    PrivateIpAddress: z.optional(z.string()),
    AllowReassociation: z.optional(z.enum(['true', 'false'])),
  };
  return defineChange(desk, shape, (input) => {
    const address = findAddress(model, input.AllocationId);
    const card = pickInterface(model, input);
    const { association } = address;
    const isHeldElsewhere = association !== undefined && association.networkInterfaceId !== card.networkInterfaceId;
    // In a VPC an address moves unless that is forbidden.
    if (isHeldElsewhere && input.AllowReassociation === 'false') {
      const message = `resource ${address.allocationId} is already associated with associate-id ${association.associationId}`;
      throw new ServiceError('Resource.AlreadyAssociated', message);
    }
    return () => {
      if (association === undefined || isHeldElsewhere) moveAddress(model, address, card);
      return { return: true, associationId: address.association?.associationId };
    };
  });
}

/** A private address has one Elastic IP: what the interface had before is free afterwards. */
function moveAddress(model: Ec2Model, address: ElasticIp, card: NetworkInterface): void {
  for (const other of model.addresses.values()) {
    if (other.association?.networkInterfaceId === card.networkInterfaceId) other.association = undefined;
  }
  const { networkInterfaceId } = card;
  address.association = { associationId: model.nextId('eipassoc'), networkInterfaceId };
}

function pickInterface(
  model: Ec2Model,
  input: {
    readonly InstanceId?: string | undefined;
    readonly NetworkInterfaceId?: string | undefined;
    readonly PrivateIpAddress?: string | undefined;
  },
): NetworkInterface {
  const { InstanceId, NetworkInterfaceId, PrivateIpAddress } = input;
  if ((InstanceId === undefined) === (NetworkInterfaceId === undefined)) {
    throw new ServiceError('InvalidParameterCombination', 'Either an instance or a network interface must be named');
  }
  const card =
    NetworkInterfaceId === undefined
      ? onlyInterface(model, InstanceId ?? '')
      : findInterface(model, NetworkInterfaceId);
  if (card.requesterManaged) {
    throw new ServiceError(
      'OperationNotPermitted',
      `The interface '${card.networkInterfaceId}' is managed by its requester`,
    );
  }
  if (PrivateIpAddress === undefined || PrivateIpAddress === card.privateIpAddress) return card;
  throw new ServiceError(
    'InvalidParameterValue',
    `'${PrivateIpAddress}' is no address of '${card.networkInterfaceId}'`,
  );
}

function onlyInterface(model: Ec2Model, instanceId: string): NetworkInterface {
  const { state } = findInstance(model, instanceId);
  if (state !== 'running' && state !== 'stopped') {
    throw new ServiceError(
      'IncorrectInstanceState',
      `The instance '${instanceId}' is not in a valid state: '${state}'`,
    );
  }
  const [card, ...others] = model.interfacesOf(instanceId);
  if (card !== undefined && others.length === 0) return card;
  const message = `There are multiple interfaces attached to instance '${instanceId}'. Please specify an interface ID for the operation instead.`;
  throw new ServiceError('InvalidInstanceID', message);
}

function disassociateAddress(desk: Ec2Desk): Operation {
  const { model } = desk;
  return defineChange(desk, { AssociationId: z.string() }, ({ AssociationId }) => {
    const address = [...model.addresses.values()].find(
      ({ association }) => association?.associationId === AssociationId,
    );
    if (address === undefined) {
      throw new ServiceError('InvalidAssociationID.NotFound', `The association ID '${AssociationId}' does not exist`);
    }
    return () => {
      address.association = undefined;
      return { return: true };
    };
  });
}

function viewAddress(model: Ec2Model, { allocationId, publicIp, association }: ElasticIp): XmlStructure {
  const card = model.networkInterfaces.get(association?.networkInterfaceId ?? '');
  return {
    publicIp,
    allocationId,
    domain: 'vpc',
    networkBorderGroup: model.region,
    associationId: association?.associationId,
    networkInterfaceId: card?.networkInterfaceId,
    networkInterfaceOwnerId: card === undefined ? undefined : model.accountId,
    instanceId: card?.attachment?.instanceId,
    privateIpAddress: card?.privateIpAddress,
    tagSet: viewTags(model, allocationId),
  };
}
