/** The part of `buffer-layout` that the schema layer uses; the package has no types of its own. */
declare module 'buffer-layout' {
  export class Layout {
    constructor(span: number, property?: string);
    span: number;
    property?: string;
    encode(value: unknown, bytes: Uint8Array, offset?: number): number;
  }
  export class Structure extends Layout {
    constructor(fields: Layout[], property?: string);
    fields: Layout[];
    offsetOf(property: string): number | undefined;
  }
  export function u8(property?: string): Layout;
  export function u16(property?: string): Layout;
  export function u32(property?: string): Layout;
  export function s8(property?: string): Layout;
  export function s16(property?: string): Layout;
  export function s32(property?: string): Layout;
  export function u16be(property?: string): Layout;
  export function u32be(property?: string): Layout;
  export function s16be(property?: string): Layout;
  export function s32be(property?: string): Layout;
  export function blob(length: number, property?: string): Layout;
  export function struct(fields: Layout[], property?: string): Structure;
}
