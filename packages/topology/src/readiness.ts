import type { Address, ChangeEvent, Link, RtEvent } from '@nsnet/netlink';

/** Why a link can't be used yet. */
export interface Obstacle {
  /** Name of the link. */
  readonly link: string;
  /** As the rest of a sentence that begins with the link: `has no carrier`. */
  readonly reason: string;
  /** It won't go away by waiting. */
  readonly final: boolean;
}

/** The links of a namespace and their addresses, as far as events have told; says what is still in the way of using them. */
export class Readiness {
  readonly #wanted: readonly string[] | undefined;
  readonly #links = new Map<number, Link>();
  /** By index of the link, then by address. */
  readonly #addresses = new Map<number, Map<string, Address>>();
  #complete = false;

  /** @param wanted names; undefined: every link that is up, `lo` excepted */
  constructor(wanted: readonly string[] | undefined) {
    this.#wanted = wanted;
  }

  /** Takes in an event. */
  apply(event: RtEvent): void {
    if (event.type === 'ready') this.#complete = true;
    else if (event.type === 'resync') for (const change of event.changes) this.#change(change);
    else this.#change(event);
  }

  #change(event: ChangeEvent): void {
    if (event.type === 'link') {
      const { link, action } = event;
      if (action === 'delete') {
        this.#links.delete(link.index);
        this.#addresses.delete(link.index);
      } else this.#links.set(link.index, link);
    } else if (event.type === 'address') {
      const { address, action } = event;
      const known = this.#addresses.get(address.index) ?? new Map<string, Address>();
      this.#addresses.set(address.index, known);
      if (action === 'delete') known.delete(address.address);
      else known.set(address.address, address);
    }
  }

  /** What is in the way; nothing: all can be used. Undefined as long as not everything there is has been told. */
  obstacles(): Obstacle[] | undefined {
    return this.#complete ? this.lastSeen() : undefined;
  }

  /** The same, as far as is known. */
  lastSeen(): Obstacle[] {
    if (this.#wanted === undefined) {
      return [...this.#links.values()].filter(({ up, type }) => up && type !== 'loopback').flatMap(this.#obstaclesOf);
    }
    return this.#wanted.flatMap((name) => {
      const link = this.#named(name);
      return link === undefined ? { link: name, reason: 'is not there', final: false } : this.#obstaclesOf(link);
    });
  }

  #named(name: string): Link | undefined {
    for (const link of this.#links.values()) if (link.name === name || link.altnames.includes(name)) return link;
    return undefined;
  }

  readonly #obstaclesOf = (link: Link): Obstacle[] => {
    const { name, index, up, running, flags, operstate } = link;
    const obstacle = (reason: string, final = false) => ({ link: name, reason, final });
    if (!up) return [obstacle('is down')];
    const carrier = running && flags.includes('lower_up');
    if (!carrier && !this.#isEmptyBridge(link)) {
      return [obstacle(`has no carrier (${operstate}): is what it is connected to up?`)];
    }
    return [...(this.#addresses.get(index)?.values() ?? [])].flatMap((address) => {
      if (address.flags.includes('dadfailed')) {
        return [obstacle(`can't use ${address.local}: somebody else on the link has it (dadfailed)`, true)];
      }
      const waits = address.flags.includes('tentative') && !address.flags.includes('optimistic');
      return waits
        ? [obstacle(`may not use ${address.local} yet: it is being checked for duplicates (tentative)`)]
        : [];
    });
  };

  /** Its carrier is that of its ports. */
  #isEmptyBridge({ kind, index }: Link): boolean {
    if (kind !== 'bridge') return false;
    for (const { master } of this.#links.values()) if (master === index) return false;
    return true;
  }
}
