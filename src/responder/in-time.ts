// Waiting for a server that may be frozen or gone.

/**
 * Whether the server answered within 3 s. One that is frozen or gone cannot be waited for: what it did not hear comes
 * again after `ack_wait`.
 */
export async function inTime(answer: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), 3_000);
  });
  const answered = answer.then(
    () => true,
    () => false,
  );
  return Promise.race([answered, late]).finally(() => clearTimeout(timer));
}
