import type { Address } from './addresses.ts';
import type { Link } from './link-object.ts';
import type { Neighbour } from './neighbours.ts';
import type { Route } from './route-object.ts';
import type { Rule } from './rules.ts';

/** What can be watched. */
export type Subject = 'link' | 'address' | 'route' | 'neighbour' | 'rule' | 'nsid';

/** Something came, changed or went. `nsid` says in which namespace, when all are watched; absent: the client's own. */
export type ChangeEvent =
  | { type: 'link'; action: 'new' | 'change' | 'delete'; link: Link; previous?: Link; nsid?: number }
  | { type: 'address'; action: 'new' | 'change' | 'delete'; address: Address; previous?: Address; nsid?: number }
  | { type: 'route'; action: 'new' | 'change' | 'delete'; route: Route; nsid?: number }
  | { type: 'neighbour'; action: 'new' | 'change' | 'delete'; neighbour: Neighbour; nsid?: number }
  | { type: 'rule'; action: 'new' | 'delete'; rule: Rule; nsid?: number }
  | { type: 'nsid'; action: 'new' | 'delete'; nsid: number };

/** What a monitor tells. */
export type RtEvent =
  | ChangeEvent
  /** The snapshot is complete. */
  | { type: 'ready' }
  /** Events were lost; these changes lead from the state told so far to the present one. */
  | { type: 'resync'; changes: ChangeEvent[] };
