// State-visible: every resource's `__provider` text requires this subpath. Never rename or move it.
export * from "pulumi-volume-activation-provider";
