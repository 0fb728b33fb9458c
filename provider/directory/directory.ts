/** A user, group or computer of the directory. */
export interface Account {
  sid: string;
  /** As Windows shows it, like "CONTOSO\KMS Hosts"; undefined where nobody has this SID (any more). */
  name: string | undefined;
}

/** The directory's object that holds all records of one name. */
export interface DnsNode {
  /** Distinguished name. */
  dn: string;
  /** All its records were deleted; the object stays for a while, with its owner and its rights. */
  tombstoned: boolean;
  /** Owner, group and rights, as the directory gives them. */
  descriptor: Buffer;
}

export interface FoundNode {
  /** Distinguished name of the zone. */
  zoneDn: string;
  /** Other places in which a zone of this name is kept too; DNS servers use one of them only. */
  alsoIn: string[];
  /** undefined: nobody has ever written this name, or it is gone for good. */
  node: DnsNode | undefined;
}

/** What is asked of Active Directory, whatever the way there. Failures are {@link DirectoryError}. */
export interface Directory {
  /** The name's object in a zone that is kept in the directory. Throws `noZone` where there is no such zone. */
  findNode(zone: string, name: string): Promise<FoundNode>;
  /** The account of that name or SID. Throws `account` where no name fits, or several. */
  account(text: string): Promise<Account>;
  /** The rights of this descriptor become those of the object, unless it is not `expected` any more (`DescriptorChanged`). */
  writeRights(dn: string, expected: Buffer, descriptor: Buffer): Promise<void>;
}
