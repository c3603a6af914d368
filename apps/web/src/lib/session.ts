'use client';

import { accountRoutes, type Me, type Project, projectRoutes, type Role } from '@rankloop/contracts';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { createContext, use } from 'react';
import { call } from './api-client.ts';

/** Keys of what many pages share; a feature's own keys begin with its folder's name. */
export const queryKeys = {
  me: ['me'] as const,
  project: (projectId: string) => ['project', projectId] as const,
};

export function useMe(): UseQueryResult<Me> {
  return useQuery({
    queryKey: queryKeys.me,
    queryFn: ({ signal }) => call(accountRoutes.getMe, {}, { signal }),
    staleTime: 60_000,
  });
}

export interface Membership {
  projectId: string;
  slug: string;
  name: string;
  role: Role;
  isDemo: boolean;
  me: Me;
}

const MembershipContext = createContext<Membership | null>(null);
export const MembershipProvider = MembershipContext.Provider;

/** The project of the page and who the reader is in it. Only below a project's layout. */
export function useMembership(): Membership {
  const membership = use(MembershipContext);
  if (!membership) throw new Error('This page is outside a project');
  return membership;
}

export function useProject(): UseQueryResult<Project> {
  const { projectId } = useMembership();
  return useQuery({
    queryKey: queryKeys.project(projectId),
    queryFn: ({ signal }) => call(projectRoutes.getProject, { params: { projectId } }, { signal }),
    staleTime: 60_000,
  });
}

/** Where a person starts in a project. */
export function projectStart(slug: string, role: Role): string {
  return role === 'labeler' ? `/p/${slug}/label` : `/p/${slug}`;
}
