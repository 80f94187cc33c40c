import { NETNS_DIRECTORY } from './directory.ts';
import { HelperClient } from './helper/client.ts';
import { Names } from './names.ts';

/** Where namespaces are made and named: this machine, or a sandbox. */
export interface Host {
  readonly helper: HelperClient;
  readonly names: Names;
}

/** This machine. The helper starts with the first call that needs it. */
export const host: Host = { helper: new HelperClient(), names: new Names(NETNS_DIRECTORY) };
