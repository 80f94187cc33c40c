import { CLOSE_RANGE, closeRange } from '@nsnet/sys';

/**
 * Marks every descriptor but the standard ones close-on-exec. All of ours are so from birth; this is for those that this
 * process was started with, and those of other native code: in another namespace they would be a way out.
 */
export function shutDescriptors(): void {
  try {
    closeRange(3, 0xffffffff, CLOSE_RANGE.CLOEXEC);
  } catch {
    // Before Linux 5.11.
  }
}
