/**
 * A member of one of the page's objects, such as `document`. Undefined if a worker has no such object, or if the getter
 * that another script has put there throws.
 */
export function read(object: 'document' | 'navigator' | 'performance', member: string): any {
  try {
    return (globalThis as any)[object][member];
  } catch {
    return;
  }
}
