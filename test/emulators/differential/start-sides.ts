import { installEmulators } from '../install-emulators.ts';
import { startMinistack, startMoto, toEnvironment } from '../emulators.ts';
import { findFreePort } from '../start-server.ts';
import type { Sides } from './ask-sides.ts';
import { startLabSide, toWireSide } from './sides.ts';
import type { SeededSide } from './sides.ts';
import { startDynamoDbLocal } from './start-dynamodb-local.ts';

/** Starts all four sides, each empty and as it was published; whoever gets them stops them. */
export async function startSides(tell: (line: string) => void): Promise<Sides> {
  const programs = await installEmulators(tell);
  const started: SeededSide[] = [];
  const keep = (side: SeededSide) => {
    started.push(side);
    return side;
  };
  try {
    const lab = keep(await startLabSide());
    const ministack = await startMinistack(programs, await findFreePort(), { takesAwsEvents: false });
    const ministackSide = keep(toWireSide('ministack', toEnvironment(ministack.url), ministack.stop));
    const moto = await startMoto(programs);
    const motoSide = keep(toWireSide('moto', toEnvironment(moto.url), moto.stop));
    const local = await startDynamoDbLocal(tell);
    const localSide = keep(toWireSide('dynamodb-local', toEnvironment(local.url), local.stop));
    return { lab, ministack: ministackSide, moto: motoSide, 'dynamodb-local': localSide };
  } catch (error) {
    for (const side of started) await side.stop();
    throw error;
  }
}
