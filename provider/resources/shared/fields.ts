import { z } from "zod";

/** A text whose rule is a plain check function ("what is allowed", or nothing when it holds). */
export const text = (what: string, check?: (value: string) => string | undefined) =>
  z.string({ error: `must be text: ${what}` }).superRefine((value, context) => {
    const broken = check?.(value);
    if (broken) context.addIssue({ code: "custom", message: broken });
  });

/** A whole number whose rule is a plain check function. */
export const whole = (what: string, check?: (value: number) => string | undefined) =>
  z.number({ error: `must be a whole number: ${what}` }).superRefine((value, context) => {
    const broken = Number.isInteger(value) ? check?.(value) : `must be a whole number: ${what}`;
    if (broken) context.addIssue({ code: "custom", message: broken });
  });

export const flag = (what: string) => z.boolean({ error: `must be true or false: ${what}` });

export const choice = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values, { error: `must be one of ${values.map((value) => `"${value}"`).join(", ")}` });

/** A text that may be a secret: its rule never quotes it. */
export const secretText = (what: string) =>
  z.string({ error: `must be text: ${what}` }).min(1, `must not be empty: ${what}`);
