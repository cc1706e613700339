import { AutoScalingService } from './auto-scaling/auto-scaling-service.ts';
import type { Ec2Model } from './ec2/model.ts';
import { ElbService } from './elb/elb-service.ts';
import type { ProbeTarget } from './probe-target.ts';
import { RdsService } from './rds/rds-service.ts';
import { Route53Service } from './route53/route53-service.ts';

/** What decides where clients of a service are led. */
export interface RoutingServices {
  readonly elb: ElbService;
  readonly route53: Route53Service;
  readonly autoScaling: AutoScalingService;
  readonly rds: RdsService;
}

/** What they share: health checks ask the hosts, and all of it ages by the lab's time. */
export interface RoutingProps {
  readonly accountId: string;
  readonly region: string;
  readonly ec2: Ec2Model;
  readonly now: () => number;
  readonly probe?: ProbeTarget | undefined;
  readonly onRouteChange?: (() => Promise<void>) | undefined;
}

/** Makes load balancers, name servers, Auto Scaling and databases that know of each other. */
export function createRouting(props: RoutingProps): RoutingServices {
  const elb = new ElbService(props);
  return {
    elb,
    route53: new Route53Service(props),
    autoScaling: new AutoScalingService({ ...props, desk: elb }),
    rds: new RdsService(props),
  };
}
