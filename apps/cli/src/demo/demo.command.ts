import type { Command } from 'commander';
import { withContext, type CliContext } from '../context.ts';
import type { DemoSignIn } from './demo-accounts.ts';
import { resetDemo } from './reset-demo.ts';
import { seedDemo } from './seed-demo.ts';

export function registerDemo(program: Command): void {
  const demo = program.command('demo').description('the demo project');
  demo
    .command('seed')
    .description('load the demo project if it is not there; prints how to sign in, a JSON object a line')
    .action(() =>
      withContext(async (context) => {
        refuseOutsideDemo(context);
        printSignIns(await seedDemo(context));
      }),
    );
  demo
    .command('reset')
    .description('start the demo project over; other projects are not touched')
    .action(() =>
      withContext(async (context) => {
        refuseOutsideDemo(context);
        await resetDemo(context);
        printSignIns(await seedDemo(context));
      }),
    );
}

function printSignIns(signIns: readonly DemoSignIn[]): void {
  for (const signIn of signIns) console.log(JSON.stringify(signIn));
}

/** Accounts whose passwords are printed have no place in a real installation. */
function refuseOutsideDemo({ config }: CliContext): void {
  if (!config.isDemo) throw new Error('The demo is off: start with --demo, or set RANKLOOP_DEMO=1.');
}
