/** Bytes that are no security descriptor, SID or access control entry, or values that cannot be written as one. */
export class MalformedSecurity extends Error {
  override readonly name = "MalformedSecurity";
}

/** A look at bytes that never reads past their end. */
export class ByteReader {
  constructor(
    private readonly bytes: Buffer,
    private readonly what: string,
  ) {}

  get length(): number {
    return this.bytes.length;
  }
  u8(at: number): number {
    return this.slice(at, 1).readUInt8(0);
  }
  u16(at: number): number {
    return this.slice(at, 2).readUInt16LE(0);
  }
  u32(at: number): number {
    return this.slice(at, 4).readUInt32LE(0);
  }
  slice(at: number, length: number): Buffer {
    if (at + length > this.bytes.length) {
      throw new MalformedSecurity(
        `the ${this.what} ends after ${this.bytes.length} bytes, ${at + length} are announced`,
      );
    }
    return this.bytes.subarray(at, at + length);
  }
}
