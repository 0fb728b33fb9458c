/** The error of this kind that the work ends with. Another error is thrown on, and so is that there was none. */
export async function errorOf<E>(kind: abstract new (...args: never[]) => E, work: Promise<unknown>): Promise<E> {
  try {
    await work;
  } catch (error) {
    if (error instanceof kind) return error;
    throw error;
  }
  throw new Error("it did not fail");
}
