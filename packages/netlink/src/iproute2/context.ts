import type { InetFamily } from '../client/prefix.ts';
import type { LinkNames } from './link-names.ts';
import type { Conventions } from './words.ts';

/** Which objects, and how much of them. */
export interface ShowOptions {
  /** More of each: `ip -d`. */
  readonly details?: boolean | undefined;
  /** Counters and ages: `ip -s`. */
  readonly statistics?: boolean | undefined;
  /** One address family, `ip -4` and `ip -6`. Default: what `ip` takes, both or IPv4 alone. */
  readonly family?: InetFamily | undefined;
  /** For routes and rules, those of one table or of all. Default: the main table for routes, all for rules. */
  readonly table?: number | 'all' | undefined;
}

/** What it takes to put a message into words. */
export interface Context extends ShowOptions {
  /** Words for numbers. */
  readonly words: Conventions;
}

/** The same for messages that mention links. */
export interface LinkedContext extends Context {
  /** Names of the links, by ifindex. */
  readonly links: LinkNames;
}
