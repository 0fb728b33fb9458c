/**
 * Which declaration stands for each thing, as far as this process knows. A replacement by force, or a resource that got a
 * new name, creates anew and then deletes the old declaration: of the same thing, which must stay. That delete may come in
 * a later run than the create (which was killed or failed in between), so that a declaration that is found to stand counts
 * as well as one that was made.
 */
export class Claims {
  private readonly last = new Map<string, string>();

  stands(id: string, claim: string): void {
    this.last.set(id, claim);
  }

  isAnothers(id: string, claim: string): boolean {
    const last = this.last.get(id);
    return last !== undefined && last !== claim;
  }
}
