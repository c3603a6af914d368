import {
  createInvitation,
  createPasswordReset,
  disableUser,
  enableUser,
  listAudit,
  listInvitations,
  listPeople,
  listUsers,
  removePerson,
  revokeInvitation,
  updatePersonRole,
} from '@rankloop/core';
import type { FeatureDeps } from '../deps.ts';
import type { Mount } from '../http/mount.ts';

export function registerPeople(mount: Mount, { db }: FeatureDeps): void {
  mount('listPeople', ({ params, query }) => listPeople({ db, ...params, ...query }));
  mount('updatePerson', ({ actor, params, body }) => updatePersonRole({ db, actor, ...params, ...body }));
  mount('removePerson', async ({ actor, params }) => {
    await removePerson({ db, actor, ...params });
    return undefined;
  });

  mount('listInvitations', ({ params, query }) => listInvitations({ db, ...params, ...query }));
  mount('createInvitation', ({ principal, actor, params, body }) =>
    createInvitation({ db, actor: { ...actor, userId: principal.userId }, ...params, ...body }),
  );
  mount('revokeInvitation', async ({ actor, params }) => {
    await revokeInvitation({ db, actor, ...params });
    return undefined;
  });

  mount('listAudit', ({ params, query }) => listAudit({ db, ...params, ...query }));

  mount('listUsers', ({ query }) => listUsers(db, query));
  mount('disableUser', async ({ actor, params }) => {
    await disableUser({ db, actor, ...params });
    return undefined;
  });
  mount('enableUser', async ({ actor, params }) => {
    await enableUser({ db, actor, ...params });
    return undefined;
  });
  mount('createPasswordReset', ({ principal, actor, params }) =>
    createPasswordReset({ db, actor: { ...actor, userId: principal.userId }, ...params }),
  );
}
