/** What the lab stands for; the scenarios' events speak of it. */
export const labAccountId = '123456789012';
export const labRegion = 'us-east-1';
export const labVpcId = 'vpc-0fab0000000000001';
