import { EncodeError, type Problem } from '../errors.ts';
import type { Struct } from './struct.ts';
import { fits, type Type } from './type.ts';

/**
 * A struct that ends in a flexible array member: `struct rtvia` with its `rtvia_addr[]`. The value is the struct's
 * fields and, under `name`, the payload behind them.
 */
export function flexible<H extends object, N extends string, T>(
  header: Struct<H>,
  name: N,
  tail: Type<T>,
): Type<H & Record<N, T>> {
  return {
    name: 'flexible',
    parts: { header, [name]: tail },
    fits: (length) => length >= header.span && fits(tail, length - header.span),
    read(reader, start, end) {
      const fields = header.read(reader, start, start + header.span, {});
      return { ...fields, [name]: tail.read(reader, start + header.span, end, {}) } as H & Record<N, T>;
    },
    write(writer, value) {
      if (typeof value !== 'object' || value === null)
        throw new EncodeError({ path: '', reason: 'is not an object', value });
      const { [name]: payload, ...fields } = value;
      const problems: Problem[] = [];
      const attempt = (write: () => void, wrap: (error: unknown) => readonly Problem[]) => {
        try {
          write();
        } catch (error) {
          problems.push(...wrap(error));
        }
      };
      attempt(
        () => header.write(writer, fields as unknown as H, {}),
        (error) => {
          if (error instanceof EncodeError) return error.problems;
          throw error;
        },
      );
      attempt(
        () => tail.write(writer, payload as T, {}),
        (error) => EncodeError.within(name, error),
      );
      if (problems.length > 0) throw new EncodeError(problems);
    },
  };
}
